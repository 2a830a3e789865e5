"""Verify changes of accounts, and that no unconfirmed account decided.

The ledger is replayed in order, so that a row which was taken away for a minute while somebody decided is named all
the same.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.identity_changes import ChangeState, needs_confirmation
from accounts.models import IdentityChange
from articles.public.proof import EMERGENCY_VERB, PUBLICATION_VERBS
from database.datetimes import read_datetime
from ledger.canonical_json import canonical_json, canonical_timestamp
from ledger.models import SETUP_ENDED_VERB, Entry
from ledger.verification.checks import register_verifier
from ledger.verification.walks import new_entries, walk
from workflow.actions.rounds import DECISION_VERBS
from workflow.rules.unconfirmed import find_clash
from workflow.verification.ledger_rows import chunks, ledger_entries
from workflow.verification.rounds import ROUND_OPENING_VERBS

CHANGE_VERBS = (
    *("person.created", "person.changed", "person.password_reset", "role.granted", "role.revoked"),
    *("delegation.granted", "delegation.revoked", "account.confirmed"),
)
# Acts that take a second person besides a decision of a round.
SECOND_PERSON_VERBS = ("article.emergency_confirmed", "article.expunged", "article.handed_over")


@dataclass
class ReplayedChange:
    """An identity change as the ledger has it. `closed_number`: the entry that closed it, None while it waits."""

    entry: Entry
    person_id: int
    state: ChangeState
    ends_at: datetime | None = None
    closed_number: int | None = None
    closed_by: int | None = None

    @property
    def by_id(self) -> int | None:
        return self.entry.actor_id

    def waits_at(self, entry: Entry) -> bool:
        """Whether it waited for confirmation when `entry` was written."""
        if self.state == ChangeState.NOTICE or entry.number <= self.entry.number:
            return False
        is_closed = self.closed_number is not None and self.closed_number <= entry.number
        return not is_closed and (self.ends_at is None or self.ends_at > entry.time)

    def as_data(self) -> dict[str, str]:
        """As it stands beside a sign-off."""
        return {"what": self.entry.verb, "by": self.entry.actor_name, "at": canonical_timestamp(self.entry.time)}


class Replay:
    """All identity changes since the end of setup, in order; `findings` are the acts that should not have been."""

    def __init__(self) -> None:
        self.setup = Entry.objects.filter(verb=SETUP_ENDED_VERB).order_by("number").first()
        self.changes: dict[int, ReplayedChange] = {}  # number of the entry → the change
        self.by_person: dict[int, list[ReplayedChange]] = {}
        self.granted: dict[tuple[str, str], int] = {}  # role or delegation → number of the entry that granted it
        self.findings: list[str] = []
        if self.setup is None:
            return
        entries = Entry.objects.filter(verb__in=CHANGE_VERBS, number__gt=self.setup.number).order_by("number")
        for entry in walk(entries):
            self._check_actor(entry)
            if entry.verb == "account.confirmed":
                self._confirm(entry)
            else:
                self._change(entry)

    def waiting_at(self, entry: Entry, people: Collection[int]) -> list[ReplayedChange]:
        """The changes of these people's accounts that waited when `entry` was written."""
        return [change for pk in people for change in self.by_person.get(pk, []) if change.waits_at(entry)]

    def _check_actor(self, entry: Entry) -> None:
        """Who waits for confirmation neither changes other accounts nor confirms them; their own deputy they name."""
        if entry.verb == "delegation.revoked" or entry.data.get("principal") == entry.actor_id:
            return
        if any(change.by_id != entry.actor_id for change in self.waiting_at(entry, [entry.actor_id])):
            name = entry.actor_name
            self.findings.append(f"ledger entry {entry.number}: by {name}, whose account was not confirmed then")

    def _confirm(self, entry: Entry) -> None:
        for number in entry.data["changes"]:
            change = self.changes.get(number)
            if change is None or not change.waits_at(entry):
                self.findings.append(f"ledger entry {entry.number}: confirms entry {number}, which did not wait for it")
                continue
            if entry.actor_id in (change.by_id, change.person_id):
                self.findings.append(f"ledger entry {entry.number}: confirmed by somebody who had a part in it")
            change.state, change.closed_number = ChangeState.CONFIRMED, entry.number
            change.closed_by = entry.actor_id

    def _change(self, entry: Entry) -> None:
        data, about = entry.data, (entry.object_type, entry.object_id)
        person, waits, ends_at = None, entry.actor_id is not None, None
        match entry.verb:
            case "person.created" | "person.password_reset":
                person = int(entry.object_id)
            case "person.changed" if set(data) - {"phone"}:
                person = int(entry.object_id)
                waits = waits and needs_confirmation(data) and entry.actor_id != person
            case "role.granted":
                person = data["person"]
                self.granted[about] = entry.number
            case "delegation.granted" if data["principal"] != entry.actor_id:
                person, ends_at = data["deputy"], read_datetime(data["ends_at"])
                self.granted[about] = entry.number
            case "role.revoked":
                person, waits = data["person"], False
                self._void(about, entry)
            case "delegation.revoked":
                self._void(about, entry)
        if person is not None:
            state = ChangeState.OPEN if waits else ChangeState.NOTICE
            change = self.changes[entry.number] = ReplayedChange(entry, person, state, ends_at)
            self.by_person.setdefault(person, []).append(change)

    def _void(self, about: tuple[str, str], entry: Entry) -> None:
        change = self.changes.get(self.granted.pop(about, 0))
        if change and change.state == ChangeState.OPEN:
            change.state, change.closed_number = ChangeState.VOID, entry.number


@register_verifier
def verify_setup() -> Iterator[str]:
    """Nothing was published before the end of setup was recorded."""
    ended = Entry.objects.filter(verb=SETUP_ENDED_VERB).order_by("number").first()
    first = Entry.objects.filter(verb__in=PUBLICATION_VERBS).order_by("number").first()
    if first and (ended is None or first.number < ended.number):
        yield f"ledger entry {first.number}: published before the end of setup was recorded"


@register_verifier
def verify_accounts() -> Iterator[str]:
    """Identity changes are as the ledger has them, and decided nothing before they were confirmed."""
    replay = Replay()
    yield from replay.findings
    yield from _row_mismatches(replay)
    yield from _decisions_with_two_hands(replay)


def _row_mismatches(replay: Replay) -> Iterator[str]:
    """Each change of an account is as the ledger has it, sealed, and none is missing."""
    expected = dict(replay.changes)
    for change in walk(IdentityChange.objects.order_by("entry")):
        where = f"identity change {change.pk} (account {change.person_id})"
        right = expected.pop(change.entry, None)
        if not change.seal_holds():
            yield f"{where}: its seal does not hold; changed outside the site"
        elif right is None:
            yield f"{where}: the ledger does not have it"
        elif _facts(change) != _facts_replayed(right):
            yield f"{where}: is not what the ledger says"
    for number, right in expected.items():
        yield f"identity change of entry {number} (account {right.person_id}): stands in the ledger, but is gone"


def _facts(change: IdentityChange) -> bytes:
    named = (change.person_id, change.verb, change.at, change.by_id, change.by_name)
    return canonical_json([*named, change.state, change.ends_at, change.closed_by_id])


def _facts_replayed(change: ReplayedChange) -> bytes:
    entry = change.entry
    named = (change.person_id, entry.verb, entry.time, entry.actor_id, entry.actor_name)
    return canonical_json([*named, change.state.value, change.ends_at, change.closed_by])


def _decisions_with_two_hands(replay: Replay) -> Iterator[str]:
    """Acts of one hand that take two, as accounts stood at that moment."""
    behind = {pk for change in replay.changes.values() for pk in (change.person_id, change.by_id)} - {None}
    if not behind or replay.setup is None:
        return
    acts = Entry.objects.filter(verb__in=[*DECISION_VERBS, *SECOND_PERSON_VERBS], number__gt=replay.setup.number)
    for chunk in chunks(walk(new_entries(acts.filter(actor_id__in=behind)))):
        verbs = [*ROUND_OPENING_VERBS, *DECISION_VERBS, EMERGENCY_VERB]
        history = _histories(ledger_entries((int(entry.object_id) for entry in chunk), verbs))
        for entry in chunk:
            yield from _judge(entry, replay, history.get(entry.object_id, []))


def _histories(entries: Collection[Entry]) -> dict[str, list[Entry]]:
    """Article → its entries, in order."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.object_id, []).append(entry)
    return found


def _judge(entry: Entry, replay: Replay, history: list[Entry]) -> Iterator[str]:
    where = f"ledger entry {entry.number} (article {entry.object_id})"
    others = _other_people(entry, [earlier for earlier in history if earlier.number < entry.number])
    waiting = replay.waiting_at(entry, {entry.actor_id, *others})
    if entry.verb == "article.handed_over" and entry.actor_id in others:
        yield f"{where}: handed over by somebody with a hand in the text"
    if clash := find_clash({entry.actor_id}, others, waiting):
        yield f"{where}: by {entry.actor_name}, though entry {clash.entry.number} was not confirmed then"
    if entry.verb in DECISION_VERBS:
        own = [canonical_json(change.as_data()) for change in waiting if change.person_id == entry.actor_id]
        said = {canonical_json(one) for one in entry.data.get("unconfirmed", [])}
        if not said.issuperset(own):
            yield f"{where}: does not say what of the account of {entry.actor_name} was not confirmed then"


def _other_people(entry: Entry, earlier: list[Entry]) -> set[int]:
    """Ids of those whom the act wants somebody else than: hands in the text, and who acted in it before."""
    data: dict[str, Any] = entry.data
    if entry.verb == "article.expunged":
        return {data["seconded_by"]}
    if entry.verb == "article.emergency_confirmed":
        of = [one for one in earlier if one.verb == EMERGENCY_VERB and one.data["publication"] == data["publication"]]
    else:
        of = [one for one in earlier if one.data.get("round") == data["round"] and one.verb != EMERGENCY_VERB]
    hands = {pk for one in of for pk in one.data.get("hands", [])}
    if entry.verb == "article.handed_over":
        return hands
    acted = {one.actor_id for one in of if one.verb in (*DECISION_VERBS, EMERGENCY_VERB)}
    return hands | acted
