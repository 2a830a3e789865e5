"""The authentication backend: refuses demonstration accounts unless DEMONSTRATION is set."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class StaffBackend(ModelBackend):
    """Active people only; demonstration accounts only while the site runs as a demonstration."""

    def user_can_authenticate(self, user: User) -> bool:
        return super().user_can_authenticate(user) and (settings.DEMONSTRATION or not user.is_demonstration)
