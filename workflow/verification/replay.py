"""Replay the ledger in order, and judge every action by the authority of its moment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from articles.models import Article
from ledger.models import Entry
from ledger.verification.checks import register_verifier
from ledger.verification.walks import is_new, walk
from workflow.models import Round
from workflow.verification.authority_state import AuthorityState, StepRule

ARTICLE = Article._meta.label_lower


class ReplayedEntry(NamedTuple):
    """The columns of one ledger entry that the replay reads."""

    number: int
    time: datetime
    actor: int | None
    verb: str
    object_type: str
    object_id: str
    data: dict


@dataclass
class _OpenRound:
    number: int
    digest: str
    steps: list[StepRule]
    contributors: set[int]
    submitter: int | None
    decided: set[int] = field(default_factory=set)  # people and those in whose place they decided
    position: int = 0
    approvals: int = 0  # at the current step
    handed_to: dict[int, int] = field(default_factory=dict)  # position → person

    @property
    def step(self) -> StepRule | None:
        return self.steps[self.position] if self.position < len(self.steps) else None

    def approve(self) -> None:
        self.approvals += 1
        if self.step and self.approvals >= self.step.people:
            self.position, self.approvals = self.position + 1, 0


@dataclass
class _Emergency:
    by: int | None
    contributors: set[int]


class Replay:
    """The state of everything while the ledger is read once, from the first entry to the last.

    Memory: the open rounds, the emergencies that nobody has confirmed, and a department for each article.
    """

    def __init__(self) -> None:
        self.authority = AuthorityState.at_the_beginning()
        self.departments: dict[str, int] = {}
        self.rounds: dict[str, _OpenRound] = {}
        self.emergencies: dict[str, _Emergency] = {}

    def findings(self, row: tuple) -> Iterator[str]:
        """Yield what the actor was not entitled to, and take the entry into the state. `row`: of ReplayedEntry."""
        entry = ReplayedEntry(*row)
        if entry.object_type == ARTICLE and (judge := _JUDGES.get(entry.verb)):
            findings = list(judge(self, entry))  # every one is asked for: the judge brings the state up to date
            for finding in findings if is_new(entry.number) else []:
                yield f"ledger entry {entry.number} ({entry.verb}, article {entry.object_id}): {finding}"
        else:
            self.authority.apply(entry.verb, entry.object_id, entry.data)

    # --- who may ---

    def _department(self, entry: ReplayedEntry) -> int:
        return self.departments.get(entry.object_id, 0)

    def by_drafter(self, entry: ReplayedEntry) -> Iterator[str]:
        if not self.authority.may_draft(entry.actor, self._department(entry)):
            yield "who did it did not write for the department then"

    def by_signer(self, entry: ReplayedEntry) -> Iterator[str]:
        if not self.authority.may_sign(entry.actor, self._department(entry)):
            yield "who did it did not sign off in the department then"

    def _by_superuser(self, entry: ReplayedEntry) -> Iterator[str]:
        if not self.authority.is_superuser(entry.actor):
            yield "who did it was no superuser then"

    # --- what each verb does ---

    def begin(self, entry: ReplayedEntry) -> Iterator[str]:
        self.departments[entry.object_id] = entry.data["department"]
        if entry.actor is not None:
            yield from self.by_drafter(entry)

    def move(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self._by_superuser(entry)
        self.departments[entry.object_id] = entry.data["to"]

    def submit(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self.by_drafter(entry)
        yield from self._open_round(entry)
        if entry.actor not in entry.data["hands"]:
            yield "who submitted it does not count as a contributor"

    def _open_round(self, entry: ReplayedEntry) -> Iterator[str]:
        if entry.object_id in self.rounds:
            yield "another round was open then"
        steps = [StepRule(*step) for step in entry.data["steps"]]
        if steps != self.authority.steps_for(self._department(entry)):
            yield "its steps are not those of the pipeline that the department had then"
        opened = _OpenRound(entry.data["round"], entry.data["digest"], steps, set(entry.data["hands"]), entry.actor)
        for name, person, principal in entry.data.get("kept", []):
            if opened.step is None or opened.step.name != name:
                yield f"keeps an approval of a step that was not next ({name})"
            if {person, principal} & (opened.contributors | opened.decided):
                yield f"keeps an approval of person {person}, who had a hand in the text or had decided already"
            opened.decided |= {person, principal}
            opened.approve()
        if opened.step is None:
            yield "keeps so many approvals that nobody signs off"
        self.rounds[entry.object_id] = opened

    def decide(self, entry: ReplayedEntry) -> Iterator[str]:
        opened = self.rounds.get(entry.object_id)
        if opened is None or opened.number != entry.data.get("round"):
            yield "the round was not open then"
            return
        step, principal = opened.step, entry.data.get("principal", entry.actor)
        if entry.data.get("digest") != opened.digest:
            yield "is about another text than the round"
        if step is None or step.name != entry.data.get("step"):
            yield "is about a step whose turn it was not"
        yield from self._not_entitled(entry, opened, principal)
        opened.decided |= {entry.actor, principal}
        if entry.verb == "article.returned":
            del self.rounds[entry.object_id]
            return
        opened.approve()
        if (opened.step is None) != (entry.verb != "article.approved"):
            yield "published before every step had decided" if opened.step else "every step had decided already"
        if entry.verb != "article.approved":
            del self.rounds[entry.object_id]

    def _not_entitled(self, entry: ReplayedEntry, opened: _OpenRound, principal: int) -> Iterator[str]:
        authority, department = self.authority, self._department(entry)
        if {entry.actor, principal} & opened.contributors:
            yield "who decided had a hand in the text"
        if {entry.actor, principal} & opened.decided:
            yield "who decided had decided in this round already"
        if opened.step is None:
            return
        if principal != entry.actor and not authority.stands_in(entry.actor, principal, entry.time):
            yield "who decided was not the deputy then"
        was_handed = opened.handed_to.get(opened.position) == principal == entry.actor
        if not was_handed and not authority.holds_role(principal, [opened.step.role], department):
            yield "who decided did not hold the role of the step there then"
        elif not authority.people.get(entry.actor or 0) or not authority.people[entry.actor].is_active:
            yield "who decided was not active then"

    def hand_over(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self._by_superuser(entry)
        opened = self.rounds.get(entry.object_id)
        if opened is None or opened.step is None or opened.step.name != entry.data["step"]:
            yield "the step was not waiting then"
        elif entry.data["to"] == entry.actor or entry.data["to"] in opened.contributors | opened.decided:
            yield "the step went to somebody who could not decide it"
        else:
            opened.handed_to[opened.position] = entry.data["to"]

    def take_back(self, entry: ReplayedEntry) -> Iterator[str]:
        opened = self.rounds.pop(entry.object_id, None)
        yield from self.by_drafter(entry)
        if opened is None:
            yield "no round was open then"
        elif entry.actor != opened.submitter and entry.actor not in opened.contributors:
            yield "who took it back had neither written nor submitted it"

    def discard(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self.by_drafter(entry)
        self.rounds.pop(entry.object_id, None)

    def unschedule(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self.by_signer(entry)
        if "round" in entry.data:
            yield from self._open_round(entry)

    def publish_in_emergency(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self.by_signer(entry)
        self.rounds.pop(entry.object_id, None)
        self.emergencies[entry.object_id] = _Emergency(entry.actor, set(entry.data["hands"]))

    def confirm_emergency(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self.by_signer(entry)
        emergency = self.emergencies.pop(entry.object_id, None)
        if emergency is None:
            yield "no emergency publication waited for it"
        elif entry.actor == emergency.by or entry.actor in emergency.contributors:
            yield "who confirmed it had a part in it"

    def expunge(self, entry: ReplayedEntry) -> Iterator[str]:
        yield from self.by_signer(entry)
        second = entry.data.get("seconded_by")
        if second == entry.actor or not self.authority.may_sign(second, self._department(entry)):
            yield "who seconded it did not sign off in the department then"


_JUDGES: dict[str, Callable[[Replay, ReplayedEntry], Iterator[str]]] = {
    "article.begun": Replay.begin,
    "article.copied": Replay.begin,
    "article.moved": Replay.move,
    "article.submitted": Replay.submit,
    "article.taken_back": Replay.take_back,
    "article.approved": Replay.decide,
    "article.published": Replay.decide,
    "article.scheduled": Replay.decide,
    "article.returned": Replay.decide,
    "article.handed_over": Replay.hand_over,
    "article.discarded": Replay.discard,
    "article.unscheduled": Replay.unschedule,
    "article.withdrawn": Replay.by_signer,
    "article.expiry_set": Replay.by_signer,
    "article.pinned": Replay.by_signer,
    "article.published_in_emergency": Replay.publish_in_emergency,
    "article.emergency_confirmed": Replay.confirm_emergency,
    "article.expunging_asked": Replay.by_signer,
    "article.expunged": Replay.expunge,
    "article.revision_begun": Replay.by_drafter,
    "article.restored": Replay.by_drafter,
    "article.parked": Replay.by_drafter,
    "article.resumed": Replay.by_drafter,
    "article.change_taken_in": Replay.by_drafter,
    "article.draft_handed": Replay.by_drafter,
}


@register_verifier
def verify_authority() -> Iterator[str]:
    """Every action was the person's to take when they took it, whatever the tables say today."""
    replay = Replay()
    fields = ("number", "time", "actor_id", "verb", "object_type", "object_id", "data")
    for entry in walk(Entry.objects.order_by("number").values_list(*fields)):
        yield from replay.findings(entry)
    yield from _open_round_mismatches(replay)


def _open_round_mismatches(replay: Replay) -> Iterator[str]:
    """Compare the rounds that are open in the tables with those that the ledger left open."""
    waiting = dict(replay.rounds)
    for opened in Round.objects.open().with_related_rows().defer("revision__body").order_by("pk"):
        expected = waiting.pop(str(opened.article_id), None)
        where = f"round {opened.pk} (article {opened.article_id})"
        if expected is None or expected.number != opened.number:
            yield f"{where}: is open, but the ledger closed it"
        elif sum(step.passed_at is not None for step in opened.steps_in_order()) != expected.position:
            yield f"{where}: waits at another step than the ledger says"
    for article, expected in waiting.items():
        yield f"article {article}: round {expected.number} is open in the ledger, but not in the tables"
