"""The user model `User`: staff accounts only; visitors have none."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.registration import record_rehash, save_new_user
from ledger.canonical_json import sha256
from ledger.seals import SEAL_FIELDS, Sealed


class UserManager(BaseUserManager["User"]):
    """Every person made here is in the ledger, `createsuperuser` included."""

    def create_user(
        self, username: str, password: str | None = None, *, by: "User | None" = None, **fields: Any
    ) -> "User":
        """Make a person. `by`: None for the system; `fields`: full_name, email, phone, is_superuser, …"""
        fields.setdefault("full_name", username)
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        return save_new_user(user, by=by)

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_superuser=True, **fields)


class User(Sealed, AbstractBaseUser):
    """A person. What they may do follows from memberships (departments.permissions), not from Django's permissions.

    Nobody who has acted is ever deleted; who leaves is deactivated. The seal covers everything that says who the person
    is and how they sign in, so that a password hash written with SQL opens no account.
    """

    seal_kind = "person"

    username = models.CharField(
        _("user name"),
        max_length=50,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("Somebody has this user name already.")},
    )
    full_name = models.CharField(_("full name"), max_length=50)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(
        _("phone"),
        max_length=30,
        blank=True,
        validators=[RegexValidator(r"^[0-9+()\- ]{5,30}$", _("Digits, spaces, and + - ( ) only."))],
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Untick for somebody who has left. People who have acted stay on record."),
    )
    is_superuser = models.BooleanField(
        _("superuser"),
        default=False,
        help_text=_("Runs the site: people, departments, pipelines, identity. Does not get round any approval."),
    )
    is_demonstration = models.BooleanField(_("demonstration account"), default=False, editable=False)
    date_joined = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ("full_name",)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(full_name=""), name="everybody_has_a_full_name"),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} ({self.username})"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "id": self.pk,
            "username": self.username,
            "full_name": self.full_name,
            "email": self.email,
            "phone": self.phone,
            "active": self.is_active,
            "superuser": self.is_superuser,
            "demonstration": self.is_demonstration,
            "since": self.date_joined,
            "password": sha256(self.password),
        }

    def check_password(self, raw_password: str) -> bool:
        """Return whether the password is right. As Django does, hash it again when the site's hasher has changed."""

        def rehash(password: str) -> None:
            self.check_seal()
            self.set_password(password)
            self._password = None
            self.apply_seal()
            with transaction.atomic():
                self.save(update_fields=["password", *SEAL_FIELDS])
                record_rehash(self)

        return check_password(raw_password, self.password, rehash)

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    @property
    def is_staff(self) -> bool:
        """Every account is a staff account; Django's admin asks."""
        return self.is_active

    def has_perm(self, _perm: str, _obj: Any = None) -> bool:
        """Django's own permissions are not used: what is not decided elsewhere is for superusers."""
        return self.is_active and self.is_superuser

    def has_perms(self, perms: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, _app: str) -> bool:
        return self.is_active
