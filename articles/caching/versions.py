"""Version keys that expire cached pages: triggers, reading, and the scopes of a page.

Triggers change the version of a scope (a department, or the whole site) with every change of a placement, a
publication, a department, the identity and the like. They run in the transaction of the act, so nothing is lost between
a commit and a hook after it. A page is cached with the version key of its scopes, read before it is rendered; it is
valid as long as the key is equal. The key also names the last moment at which a publication began, ended or ceased to
be pinned, and the day, because days of mourning change the page.

Versions are read at most twice a second, so a cached page is never more than half a second out of date.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.db import connection
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.utils.timezone import localdate

from articles.models import ContentVersion, Placement
from articles.models.placement import REPEATED_FIELDS
from ledger.guards import PREFIX, condition_sql, postgresql_definition, register_guards

SITE_SCOPE = 0  # the scope of what every page shows: identity, navigation
ALL_SCOPES = -1  # stands for all scopes together: home page, search, feeds
# How far back moments of beginning and ending stand in a stamp. A page that was kept must be younger.
BOUNDARY_WINDOW = timedelta(minutes=30)
MAX_SLOTS_PER_SCOPE = 64  # of a scope; then those of old transactions are cleared away
TOKEN_RANGE = 2**48


@dataclass(frozen=True)
class VersionTrigger:
    """A trigger that changes versions. `scopes`: SQL for the scopes of a row OLD or NEW, a query of one column.

    `when`: as in ledger.guards.Guard. PostgreSQL needs version 13 (pg_current_xact_id).
    """

    name: str
    table: str
    event: str
    scopes_sql: str
    when: str = "TRUE"

    def statements(self, vendor: str) -> list[str]:
        when, name = condition_sql(self.when, vendor), PREFIX + self.name
        if vendor == "sqlite":
            slot, token = "0", f"abs(random() % {TOKEN_RANGE})"
        else:
            slot, token = "pg_current_xact_id()::text::bigint", f"(random() * {TOKEN_RANGE - 1})::bigint"
        insert = (
            f"INSERT INTO articles_contentversion (scope, slot, token) SELECT found.scope, {slot}, {token} "
            f"FROM (SELECT DISTINCT scope FROM ({self.scopes_sql}) named WHERE scope IS NOT NULL) found WHERE TRUE "
            "ON CONFLICT (scope, slot) DO UPDATE SET token = excluded.token"
        )
        if vendor == "sqlite":
            each = f'AFTER {self.event} ON "{self.table}" FOR EACH ROW WHEN {when}'
            return [f'CREATE TRIGGER "{name}" {each} BEGIN {insert}; END']
        body = f"BEGIN IF {when} THEN {insert}; END IF; RETURN NULL; END"
        return [
            f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $guard${body}$guard$',
            f'CREATE TRIGGER "{name}" AFTER {self.event} ON "{self.table}" FOR EACH ROW EXECUTE FUNCTION "{name}"()',
        ]

    def definition(self, vendor: str) -> str:
        statements = self.statements(vendor)
        return statements[0] if vendor == "sqlite" else postgresql_definition(statements[0], self, "AFTER", "ROW")


def version_triggers(table: str, old: str, new: str, when_updated: str = "TRUE") -> list[VersionTrigger]:
    """For all that can happen to a row. `old`, `new`: scopes by what it was and by what it is, as in Mark."""
    return [
        VersionTrigger(f"{table}_marks_insert", table, "INSERT", new),
        VersionTrigger(f"{table}_marks_update", table, "UPDATE", f"{old} UNION {new}", when_updated),
        VersionTrigger(f"{table}_marks_delete", table, "DELETE", old),
    ]


def site_triggers(table: str) -> list[VersionTrigger]:
    """For a table of what every page shows."""
    return version_triggers(table, f"SELECT {SITE_SCOPE} AS scope", f"SELECT {SITE_SCOPE} AS scope")


def _departments_listing(publication: str) -> str:
    """Every department in whose listing the publication stands."""
    return f'SELECT "department_id" AS scope FROM "articles_placement" WHERE "publication_id" = {publication}'


# What a listing counts by (`count_state`) changes nothing that is shown.
_SHOWN_COLUMNS = ["publication_id", "department_id", *REPEATED_FIELDS, "pinned_until"]
_OWN_DEPARTMENT = '"department_id" AS scope'
register_guards(site_triggers("departments_department"))
register_guards(
    version_triggers(
        "articles_placement",
        f"SELECT OLD.{_OWN_DEPARTMENT}",
        f"SELECT NEW.{_OWN_DEPARTMENT}",
        " OR ".join(f"{{changed:{column}}}" for column in _SHOWN_COLUMNS),
    )
)
register_guards(
    version_triggers(
        "articles_publication",
        f"SELECT OLD.{_OWN_DEPARTMENT} UNION {_departments_listing('OLD.id')}",
        f"SELECT NEW.{_OWN_DEPARTMENT} UNION {_departments_listing('NEW.id')}",
    )
)
for of_a_publication in ("articles_publicationend", "articles_withdrawal"):
    register_guards(
        version_triggers(
            of_a_publication,
            _departments_listing('OLD."publication_id"'),
            _departments_listing('NEW."publication_id"'),
        ),
    )


@dataclass(frozen=True)
class Versions:
    """The versions as they were at the moment `at` (Unix time), with the boundaries that had passed."""

    read_at: float
    day: str
    scope_sums: dict[int, int]
    boundaries: dict[int, datetime]

    @property
    def accel_expires(self) -> int:
        """The second of the wall clock to the end of which nginx may take what they vouch for as the present."""
        return int(self.read_at)

    @cached_property
    def site_version_key(self) -> str:
        """The stamp of what every page shows."""
        return self.version_key([])

    @cached_property
    def whole_version_key(self) -> str:
        """The version key of everything that is public."""
        return self.version_key([ALL_SCOPES])

    def version_key(self, scopes: Iterable[int]) -> str:
        """Return the version key of a page that shows these scopes and SITE_SCOPE. Equal keys mean equal content."""
        named = set(scopes)
        if ALL_SCOPES in named:
            last = max(self.boundaries.values(), default=None)
            return f"{self.day} all {sum(self.scope_sums.values())} {_format_boundary(last)}"
        parts = [f"{self.day} {self.scope_sums.get(SITE_SCOPE, 0)}"]
        parts += [
            f"{one} {self.scope_sums.get(one, 0)} {_format_boundary(self.boundaries.get(one))}" for one in sorted(named)
        ]
        return ", ".join(parts)


def _format_boundary(moment: datetime | None) -> str:
    return f"{moment.timestamp():.6f}" if moment else "-"


class _ProcessCache:
    """The versions that this process has read last."""

    versions: Versions | None = None


def _half_second(at: float) -> int:
    """The number of the half second. Each begins a little after the clock's, so that what nginx keeps to the end of a
    second (its clock knows no less) was never read at the very beginning of that second and is not a whole one old."""
    return int((at - 0.05) * 2)


def current_versions() -> Versions:
    """The present versions, at most half a second old.

    Within a transaction they are read afresh and not kept: what it has changed is not yet so for anybody else.
    """
    if connection.in_atomic_block:
        return load_versions()
    found = cached_versions()
    if found is None:
        found = _ProcessCache.versions = load_versions()
    return found


def refresh_versions() -> Versions:
    """Return the versions read now. For callers that found a page newer than `current_versions()`."""
    _ProcessCache.versions = load_versions()
    return _ProcessCache.versions


def expire_versions() -> None:
    """Read the versions again at the next use."""
    _ProcessCache.versions = None


def cached_versions() -> Versions | None:
    """What `current_versions` would give, if that needs no look at the database."""
    found = _ProcessCache.versions
    return found if found is not None and _half_second(found.read_at) == _half_second(time.time()) else None


def load_versions() -> Versions:
    """The versions of all scopes. Two queries."""
    # The moment is taken first: what is committed after it may be missing from what is read.
    now = datetime.fromtimestamp(time.time(), UTC)
    parts = ContentVersion.objects.values("scope").annotate(version=Sum("token"), parts=Count("id"))
    sums, crowded = {}, []
    for row in parts.order_by():
        sums[row["scope"]] = int(row["version"])
        if row["parts"] > MAX_SLOTS_PER_SCOPE:
            crowded.append(row["scope"])
    found = Versions(now.timestamp(), localdate(now).isoformat(), sums, _last_boundaries(now))
    if crowded and not connection.in_atomic_block:
        delete_old_slots(crowded)
    return found


def _last_boundaries(now: datetime) -> dict[int, datetime]:
    """Return for each department the last moment in BOUNDARY_WINDOW at which its listing changed."""
    since = now - BOUNDARY_WINDOW
    asked = [
        Placement.objects.filter(**{f"{column}__gt": since, f"{column}__lte": now}).values_list("department", column)
        for column in ("publication__live_from", "publication__live_until", "pinned_until")
    ]
    last: dict[int, datetime] = {}
    for department, moment in asked[0].union(*asked[1:]):
        last[department] = max(moment, last.get(department, moment))
    return last


def delete_old_slots(scopes: Iterable[int]) -> None:
    """Takes away the parts of old transactions. The versions change by it, which costs a rendering and nothing else."""
    for scope in scopes:
        parts = ContentVersion.objects.filter(scope=scope).order_by("-slot")
        newest = list(parts.values_list("slot", flat=True)[: MAX_SLOTS_PER_SCOPE // 4])
        ContentVersion.objects.filter(scope=scope, slot__lt=newest[-1]).delete()


# --- What a page shows ---


def declare_scopes(response: HttpResponse, *scopes: int) -> HttpResponse:
    """Notes on a response which scopes the page shows: those departments, or ALL_SCOPES. It may then be kept."""
    response.shown_scopes = frozenset(scopes)
    return response
