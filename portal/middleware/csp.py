"""The content security policy, built once for all responses."""

from collections.abc import Callable

from csp.constants import HEADER, HEADER_REPORT_ONLY
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse


class CachedCSPMiddleware(CSPMiddleware):
    """django-csp's, which would put the policy together anew for every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        policies = {HEADER: build_policy(), HEADER_REPORT_ONLY: build_policy(report_only=True)}
        self.default_headers = {name: policy for name, policy in policies.items() if policy}

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_special = HEADER in response or any(name.startswith("_csp") for name in (*vars(request), *vars(response)))
        if is_special or settings.DEBUG:
            return super().process_response(request, response)
        for name, policy in self.default_headers.items():
            response[name] = policy
        return response
