"""Models of people: `User` (staff accounts only; visitors have none) and `IdentityChange`."""

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.full_names import check_full_name, validate_full_name
from accounts.identity_changes import ChangeState, change_label
from accounts.registration import record_rehash, save_new_user
from ledger.canonical_json import canonical_timestamp, sha256
from ledger.heads.exceptions import RecordingStopped
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
    full_name = models.CharField(
        _("full name"),
        max_length=50,
        validators=[validate_full_name],
        help_text=_("Nobody else with a role has this name; where two do, add the department: 张伟（组织部）."),
    )
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
    sessions_ended_at = models.DateTimeField(_("sessions ended"), null=True, editable=False)

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

    def clean(self) -> None:
        super().clean()
        check_full_name(self)

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
            "sessions_ended": self.sessions_ended_at,
        }

    def check_password(self, raw_password: str) -> bool:
        """Return whether the password is right. As Django does, hash it again when the site's hasher has changed."""

        def rehash(password: str) -> None:
            if not self.seal_holds():
                return  # the backend refuses them in a moment
            former = {name: getattr(self, name) for name in ("password", *SEAL_FIELDS)}
            self.set_password(password)
            self._password = None
            self.apply_seal()
            try:
                with transaction.atomic():
                    self.save(update_fields=[*former])
                    record_rehash(self)
            except RecordingStopped:  # superusers must get in to see why; the old hash serves until then
                for name, value in former.items():
                    setattr(self, name, value)

        return check_password(raw_password, self.password, rehash)

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    def get_session_auth_hash(self) -> str:
        """What a session holds of its person, as an HMAC: when one of these values changes, every session ends."""
        values = [self.pk, self.password, self.is_superuser, canonical_timestamp(self.sessions_ended_at)]
        return salted_hmac("accounts.sessions", "|".join(map(str, values)), algorithm="sha256").hexdigest()

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


class IdentityChangeQuerySet(models.QuerySet["IdentityChange"]):
    def open(self) -> "IdentityChangeQuerySet":
        """Those that wait for confirmation. A delegation that has ended waits no longer."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()), state=ChangeState.OPEN)


class IdentityChange(Sealed):
    """An act by which `by` could act as `person`, and who confirmed it (accounts.identity_changes).

    The ledger entry number `entry` says what was done. The row is sealed, and sealed again when it is closed.
    """

    seal_kind = "identity-change"

    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="identity_changes", verbose_name=_("person")
    )
    entry = models.PositiveBigIntegerField(_("ledger entry"), unique=True)
    verb = models.CharField(_("act"), max_length=60)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("who did it"))
    by_name = models.CharField(_("name then"), max_length=50, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ChangeState.choices)
    ends_at = models.DateTimeField(_("until"), null=True)
    act = models.UUIDField(_("act"), help_text=_("The same for changes that were told together."))
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    closed_by_name = models.CharField(_("name then"), max_length=50, blank=True)

    objects = IdentityChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity change")
        verbose_name_plural = _("identity changes")
        ordering = ["entry"]
        indexes = [
            models.Index(fields=["person"], condition=Q(state="open"), name="open_changes_of_a_person"),
            models.Index(fields=["by"], condition=Q(state="open"), name="open_changes_by_a_person"),
            models.Index(fields=["act"], name="identity_changes_by_act"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="identity_change_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "notice"], closed_at=None, closed_by=None)
                | Q(state="void", closed_at__isnull=False, closed_by=None)
                | Q(state="confirmed", closed_at__isnull=False, closed_by__isnull=False),
                name="a_closed_identity_change_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(by__isnull=False), name="an_open_identity_change_was_made_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(closed_by=models.F("by")) & ~Q(closed_by=models.F("person")),
                name="a_third_person_confirms_an_identity_change",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.full_name}: {self.label}"

    @property
    def label(self) -> str:
        """“account made by 李四 on 2026-05-01”."""
        return change_label(self.verb, self.by_name, self.at)

    @property
    def is_open(self) -> bool:
        return self.state == ChangeState.OPEN and (self.ends_at is None or self.ends_at > timezone.now())

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "entry": self.entry,
            "person": self.person_id,
            "verb": self.verb,
            "at": self.at,
            "by": self.by_id,
            "by_name": self.by_name,
            "state": self.state,
            "until": self.ends_at,
            "act": str(self.act),
            "closed_at": self.closed_at,
            "closed_by": self.closed_by_id,
            "closed_by_name": self.closed_by_name,
        }

    def close(self, state: ChangeState, at: datetime, by: User | None = None) -> None:
        """Seal the row with its last state. `by`: who confirmed it. Call inside a transaction that locks the person."""
        self.state, self.closed_at, self.closed_by = state, at, by
        self.closed_by_name = by.full_name if by else ""
        self.apply_seal()
        self.save()

    def as_data(self) -> dict[str, str]:
        """What stands beside a sign-off while the change is not confirmed."""
        return {"what": self.verb, "by": self.by_name, "at": canonical_timestamp(self.at)}
