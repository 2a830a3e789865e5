"""Hashes of visitors, which tell them apart for half an hour and which nobody can turn back."""

import hashlib
import hmac
from datetime import date
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

ADDRESS_DIGITS = 16  # of a hash: the same for all visitors from one network, so that their reads can be counted


def visitor_hash(request: HttpRequest, day: date) -> str:
    """Return 32 hexadecimal digits: half of them from the network, half from address and user agent.

    Keyed, and salted by the day of the site.
    """
    address = request.META["REMOTE_ADDR"]
    agent = request.META.get("HTTP_USER_AGENT", "")
    start = _keyed_hash(f"{day}|{network_of(address)}")[:ADDRESS_DIGITS]
    return start + _keyed_hash(f"{day}|{address}|{agent}")[: 32 - ADDRESS_DIGITS]


def network_of(address: str) -> str:
    """Return what one household or office has: an IPv4 address, or a /64 of IPv6 (RFC 6177), whose rest is free."""
    try:
        found = ip_address(address)
    except ValueError:
        return address  # a socket has none
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network(f"{found.exploded}/64", strict=False))
    return address


def _keyed_hash(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
