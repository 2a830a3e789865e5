"""Signed notice pages for links that leave the site.

The URL of the notice page carries its target under our signature. Only targets that stood in a public text or a sealed
menu were ever signed, so nobody can make an address on this site that leads to a target of their choice.
"""

import re
from collections.abc import Iterable
from html import escape, unescape
from urllib.parse import quote

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from articles.text.web_addresses import ExternalTarget, is_trusted_host, parse_external

_signer = Signer(salt="articles.public.external_links")
# The sanitiser writes links so (articles.text.sanitising); anything else is no link.
_link_pattern = re.compile(r'(<a(?: [a-z-]+="[^"]*")*? href=")([^"]*)(")')


def interstitial_url(address: str) -> str:
    """The address of the page that asks before it leads to `address`."""
    return f"{reverse('leave')}?to={quote(_signer.sign(address), safe='')}"


def public_href(href: str, allowed: Iterable[str]) -> str:
    """Where a link on a public page leads: to the notice when that is a host outside which is not `allowed`."""
    target = parse_external(href)
    return href if target is None or is_trusted_host(target.host, allowed) else interstitial_url(target.address)


def read_token(token: str) -> ExternalTarget | None:
    """What a notice leads to; None when we have not signed it, or it is no address of http or https."""
    try:
        return parse_external(_signer.unsign(token))
    except BadSignature:
        return None


def with_interstitials(html: str, allowed: Iterable[str]) -> str:
    """Sanitised HTML whose links to hosts outside lead to the notice instead, save for those `allowed`."""
    allowed = list(allowed)

    def rewritten(match: re.Match) -> str:
        href = unescape(match[2])
        leads = public_href(href, allowed)
        return match[0] if leads == href else match[1] + escape(leads) + match[3]

    return _link_pattern.sub(rewritten, html)
