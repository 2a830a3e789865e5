"""Replay the ledger in order, and judge every action by the authority of its moment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from articles.models import Article
from ledger.models import Entry
from ledger.verification import register_verifier
from workflow.models import Round
from workflow.verification.authority_state import AuthorityState, StepRule

ARTICLE = Article._meta.label_lower


class _Act(NamedTuple):
    """One entry of the ledger that is about an article."""

    number: int
    time: datetime
    actor: int | None
    verb: str
    object_type: str
    article: str
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

    def findings(self, entry: tuple) -> Iterator[str]:
        """Yield what the person who acted was not entitled to, and take the entry over."""
        act = _Act(*entry)
        if act.object_type == ARTICLE and (judge := _JUDGES.get(act.verb)):
            for finding in judge(self, act):
                yield f"ledger entry {act.number} ({act.verb}, article {act.article}): {finding}"
        else:
            self.authority.apply(act.verb, act.article, act.data)

    # --- who may ---

    def _department(self, act: _Act) -> int:
        return self.departments.get(act.article, 0)

    def by_drafter(self, act: _Act) -> Iterator[str]:
        if not self.authority.may_draft(act.actor, self._department(act)):
            yield "who did it did not write for the department then"

    def by_signer(self, act: _Act) -> Iterator[str]:
        if not self.authority.may_sign(act.actor, self._department(act)):
            yield "who did it did not sign off in the department then"

    def _by_superuser(self, act: _Act) -> Iterator[str]:
        if not self.authority.is_superuser(act.actor):
            yield "who did it was no superuser then"

    # --- acts ---

    def begin(self, act: _Act) -> Iterator[str]:
        self.departments[act.article] = act.data["department"]
        if act.actor is not None:
            yield from self.by_drafter(act)

    def move(self, act: _Act) -> Iterator[str]:
        yield from self._by_superuser(act)
        self.departments[act.article] = act.data["to"]

    def submit(self, act: _Act) -> Iterator[str]:
        yield from self.by_drafter(act)
        yield from self._open_round(act)
        if act.actor not in act.data["hands"]:
            yield "who submitted it does not count as a contributor"

    def _open_round(self, act: _Act) -> Iterator[str]:
        if act.article in self.rounds:
            yield "another round was open then"
        steps = [StepRule(*step) for step in act.data["steps"]]
        if steps != self.authority.steps_for(self._department(act)):
            yield "its steps are not those of the pipeline that the department had then"
        opened = _OpenRound(act.data["round"], act.data["digest"], steps, set(act.data["hands"]), act.actor)
        for name, person, principal in act.data.get("kept", []):
            if opened.step is None or opened.step.name != name:
                yield f"keeps an approval of a step that was not next ({name})"
            if {person, principal} & (opened.contributors | opened.decided):
                yield f"keeps an approval of person {person}, who had a hand in the text or had decided already"
            opened.decided |= {person, principal}
            opened.approve()
        if opened.step is None:
            yield "keeps so many approvals that nobody signs off"
        self.rounds[act.article] = opened

    def decide(self, act: _Act) -> Iterator[str]:
        opened = self.rounds.get(act.article)
        if opened is None or opened.number != act.data.get("round"):
            yield "the round was not open then"
            return
        step, principal = opened.step, act.data.get("principal", act.actor)
        if act.data.get("digest") != opened.digest:
            yield "is about another text than the round"
        if step is None or step.name != act.data.get("step"):
            yield "is about a step whose turn it was not"
        yield from self._not_entitled(act, opened, principal)
        opened.decided |= {act.actor, principal}
        if act.verb == "article.returned":
            del self.rounds[act.article]
            return
        opened.approve()
        if (opened.step is None) != (act.verb != "article.approved"):
            yield "published before every step had decided" if opened.step else "every step had decided already"
        if act.verb != "article.approved":
            del self.rounds[act.article]

    def _not_entitled(self, act: _Act, opened: _OpenRound, principal: int) -> Iterator[str]:
        authority, department = self.authority, self._department(act)
        if {act.actor, principal} & opened.contributors:
            yield "who decided had a hand in the text"
        if {act.actor, principal} & opened.decided:
            yield "who decided had decided in this round already"
        if opened.step is None:
            return
        if principal != act.actor and not authority.stands_in(act.actor, principal, act.time):
            yield "who decided was not the deputy then"
        was_handed = opened.handed_to.get(opened.position) == principal == act.actor
        if not was_handed and not authority.holds_role(principal, [opened.step.role], department):
            yield "who decided did not hold the role of the step there then"
        elif not authority.people.get(act.actor or 0) or not authority.people[act.actor].is_active:
            yield "who decided was not active then"

    def hand_over(self, act: _Act) -> Iterator[str]:
        yield from self._by_superuser(act)
        opened = self.rounds.get(act.article)
        if opened is None or opened.step is None or opened.step.name != act.data["step"]:
            yield "the step was not waiting then"
        elif act.data["to"] == act.actor or act.data["to"] in opened.contributors | opened.decided:
            yield "the step went to somebody who could not decide it"
        else:
            opened.handed_to[opened.position] = act.data["to"]

    def take_back(self, act: _Act) -> Iterator[str]:
        opened = self.rounds.pop(act.article, None)
        yield from self.by_drafter(act)
        if opened is None:
            yield "no round was open then"
        elif act.actor != opened.submitter and act.actor not in opened.contributors:
            yield "who took it back had neither written nor submitted it"

    def discard(self, act: _Act) -> Iterator[str]:
        yield from self.by_drafter(act)
        self.rounds.pop(act.article, None)

    def unschedule(self, act: _Act) -> Iterator[str]:
        yield from self.by_signer(act)
        if "round" in act.data:
            yield from self._open_round(act)

    def publish_in_emergency(self, act: _Act) -> Iterator[str]:
        yield from self.by_signer(act)
        self.rounds.pop(act.article, None)
        self.emergencies[act.article] = _Emergency(act.actor, set(act.data["hands"]))

    def confirm_emergency(self, act: _Act) -> Iterator[str]:
        yield from self.by_signer(act)
        emergency = self.emergencies.pop(act.article, None)
        if emergency is None:
            yield "no emergency publication waited for it"
        elif act.actor == emergency.by or act.actor in emergency.contributors:
            yield "who confirmed it had a part in it"

    def expunge(self, act: _Act) -> Iterator[str]:
        yield from self.by_signer(act)
        second = act.data.get("seconded_by")
        if second == act.actor or not self.authority.may_sign(second, self._department(act)):
            yield "who seconded it did not sign off in the department then"


_JUDGES: dict[str, Callable[[Replay, _Act], Iterator[str]]] = {
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
    for entry in Entry.objects.order_by("number").values_list(*fields).iterator(chunk_size=2000):
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
