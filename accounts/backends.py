"""The authentication backend: refuses broken seals, and demonstration accounts on a real site."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.utils.translation import gettext_noop

from accounts.models import User
from ledger.monitoring.alarms import raise_alarm


class StaffBackend(ModelBackend):
    """Active people whose seal holds; demonstration accounts only while the site runs as a demonstration.

    Django asks at sign-in and again at each request.
    """

    def user_can_authenticate(self, user: User) -> bool:
        if not super().user_can_authenticate(user) or (user.is_demonstration and not settings.DEMONSTRATION):
            return False
        if not user.seal_holds():
            raise_alarm(f"person {user.pk}", gettext_noop("This account was changed outside the site."))
            return False
        return True
