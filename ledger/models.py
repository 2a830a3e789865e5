"""Models of the ledger 台账: signed, hash-chained entries; alarms; runs of checks."""

from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from ledger import verbs
from ledger.canonical_json import canonical_json, sha256
from ledger.seals import Sealed

ENTRY_SCHEMA_VERSION = 1
# Kinds of things that alarms are about and that no model names in these words.
(gettext_noop("identity"), gettext_noop("patrol"), gettext_noop("preview link"), gettext_noop("head"))
(gettext_noop("restore"),)
GENESIS_HASH = "0" * 64
SETUP_ENDED_VERB = "site.setup_ended"  # before it nothing is public, and nobody has to confirm accounts


class Entry(models.Model):
    """One act: who did what to which thing, when. Append-only in the database (ledger.guards).

    The ledger stands below every other app, so actor and object are plain ids with the words they had then.
    `data` never holds text of articles.
    """

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    time = models.DateTimeField(_("time"))
    actor_id = models.BigIntegerField(_("actor's id"), null=True)
    actor_name = models.CharField(_("actor"), max_length=150)
    verb = models.CharField(_("act"), max_length=60)
    object_type = models.CharField(_("kind of object"), max_length=60)
    object_id = models.CharField(_("object"), max_length=60)
    data = models.JSONField(_("details"), default=dict)
    previous = models.CharField(_("hash of the entry before"), max_length=64, unique=True)
    hash = models.CharField(_("hash"), max_length=64, unique=True)
    key = models.CharField(_("key of the signature"), max_length=16)
    signature = models.CharField(_("signature"), max_length=128)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        ordering = ["number"]
        indexes = [models.Index(fields=["object_type", "object_id", "number"], name="ledger_by_object")]
        constraints = [
            models.CheckConstraint(condition=models.Q(number__gte=1), name="ledger_numbers_begin_at_one"),
            models.UniqueConstraint(fields=["verb"], condition=models.Q(verb=SETUP_ENDED_VERB), name="setup_ends_once"),
        ]

    def __str__(self) -> str:
        words = verbs.verb_label(self.verb), verbs.object_label(self.object_type, self.object_id)
        return " · ".join([str(self.number), *words])

    def hashed_fields(self) -> dict:
        """What the hash is taken over."""
        return {
            "schema": ENTRY_SCHEMA_VERSION,
            "number": self.number,
            "time": self.time,
            "actor": self.actor_id,
            "actor_name": self.actor_name,
            "verb": self.verb,
            "object": [self.object_type, self.object_id],
            "data": self.data,
            "previous": self.previous,
        }

    def compute_hash(self) -> str:
        return sha256(canonical_json(self.hashed_fields()))


class Alarm(Sealed):
    """Something that the site refused to serve, because it is not what was signed. Shown to superusers.

    Rows are never removed. Clearing one is an act of a superuser in the ledger (ledger.monitoring.clearing).
    """

    seal_kind = "alarm"
    is_believed = True  # False where ledger.monitoring.alarms found that the row is not what the site wrote

    subject = models.CharField(_("what"), max_length=120, unique=True)
    message = models.CharField(_("finding"), max_length=300)  # as in the catalogue, so that each reads it translated
    facts = models.JSONField(_("details"), default=dict)
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    count = models.PositiveIntegerField(_("how often"), default=0)
    cleared_at = models.DateTimeField(_("cleared"), null=True)
    cleared_by_name = models.CharField(_("cleared by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("integrity alarm")
        verbose_name_plural = _("integrity alarms")
        ordering = ["-last_seen"]

    def __str__(self) -> str:
        return f"{self.translated_subject}: {self.translated_message}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "subject": self.subject,
            "message": self.message,
            "facts": self.facts,
            "seen": [self.first_seen, self.last_seen, self.count],
            "cleared": [self.cleared_at, self.cleared_by_name],
        }

    @property
    def translated_subject(self) -> str:
        """What it is about, in the reader's language."""
        kind, _blank, which = self.subject.partition(" ")
        return f"{gettext(kind)} {which}" if kind else ""

    @property
    def translated_message(self) -> str:
        """What was found, in the reader's language."""
        try:
            return gettext(self.message) % self.facts if self.message else ""
        except (KeyError, TypeError, ValueError):  # changed in the database, which must not hide the alarm
            return self.message


class Run(Sealed):
    """The last run of a check, or of what makes the backups (ledger.monitoring.runs)."""

    seal_kind = "run"

    class Kind(models.TextChoices):
        VERIFY = "verify", _("verification")
        PATROL = "patrol", _("patrol")
        BACKUP = "backup", _("backup")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, unique=True)
    at = models.DateTimeField(_("ended"))
    ok = models.BooleanField(_("all well"))
    findings = models.PositiveIntegerField(_("findings"), default=0)

    class Meta:
        verbose_name = _("run of a check")
        verbose_name_plural = _("runs of checks")
        ordering = ["kind"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["verify", "patrol", "backup"]), name="run_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"

    def manifest(self) -> dict:
        return {"schema": 1, "kind": self.kind, "at": self.at, "ok": self.ok, "findings": self.findings}
