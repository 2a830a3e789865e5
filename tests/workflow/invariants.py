"""The seven invariants of the workflow, checked on rows and public pages.

`Words` remembers who wrote each mark (action_factories.mark), so that no test depends on the recorded contributors.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override

from articles.models import Article, Publication, Revision
from ledger.models import Entry
from tests.workflow.action_factories import marks_in
from workflow.models import Decision, Emergency, Round, RoundState, Verdict


@dataclass
class Words:
    """Who wrote which mark, and what has been seen of each article so far."""

    writers: dict[int, int] = field(default_factory=dict)
    approved: dict[int, set[int]] = field(default_factory=dict)  # article → marks that passed
    first_live: dict[int, datetime] = field(default_factory=dict)
    emergencies: dict[int, int] = field(default_factory=dict)  # publication → who published it alone
    head: tuple[int, str] = (0, "")
    last_decision: int = 0
    last_publication: int = 0

    def unapproved(self, revision: Revision) -> set[int]:
        """Ids of those whose words in the text nobody has approved before."""
        passed = self.approved.get(revision.article_id, set())
        return {self.writers[mark] for mark in marks_in(revision.body) - passed}

    def take_notice(self) -> None:
        """Looks at all decisions and publications that are new, then counts their words as approved."""
        new = Decision.objects.filter(pk__gt=self.last_decision).order_by("pk")
        for decision in new.select_related("round__revision"):
            self.last_decision = decision.pk
            nobody_decides_on_their_own_words(decision, self)
        found = Publication.objects.filter(pk__gt=self.last_publication).order_by("pk")
        for publication in found.select_related("revision"):
            self.last_publication = publication.pk
            was_approved_or_is_an_emergency(publication, self)
        if self.emergencies:
            self._notice_confirmations()

    def approve(self, revision: Revision) -> None:
        self.approved.setdefault(revision.article_id, set()).update(marks_in(revision.body))

    def _notice_confirmations(self) -> None:
        waiting = Emergency.objects.filter(publication__in=self.emergencies).exclude(confirmed_at=None)
        for emergency in waiting.select_related("publication__revision"):
            revision = emergency.publication.revision
            by = self.emergencies.pop(emergency.publication_id)
            assert emergency.confirmed_by_id not in {by, *self.unapproved(revision)}
            self.approve(revision)


def nobody_decides_on_their_own_words(decision: Decision, words: Words) -> None:
    """Invariant 2, and 1 for the digest."""
    of = decision.round
    assert decision.digest == of.revision.digest
    assert not {decision.person_id, decision.principal_id} & words.unapproved(of.revision)
    if decision.kept_from_id is None:
        others = of.decisions.exclude(pk=decision.pk).values_list("person", "principal")
        assert not {decision.person_id, decision.principal_id} & {pk for pair in others for pk in pair}


def was_approved_or_is_an_emergency(publication: Publication, words: Words) -> None:
    """Invariants 1 and 7."""
    assert publication.digest == publication.revision.digest
    if emergency := Emergency.objects.filter(publication=publication).first():
        assert emergency.reason and publication.is_emergency
        assert not Round.objects.filter(publication=publication).exists()
        words.emergencies[publication.pk] = emergency.by_id
        return
    of = Round.objects.get(publication=publication)
    assert of.state == RoundState.APPROVED and of.revision_id == publication.revision_id
    for step in of.steps.all():
        approvals = step.decisions.filter(verdict=Verdict.APPROVE, digest=publication.digest)
        assert step.passed_at and approvals.count() >= step.people
    assert of.steps.exists() and not of.decisions.filter(verdict=Verdict.RETURN).exists()
    words.approve(publication.revision)


def one_of_each(article: Article) -> None:
    """Invariant 3."""
    before = None
    for start, end in (
        article.publications.not_called_off().order_by("live_from").values_list("live_from", "live_until")
    ):
        assert before is None or (before[1] is not None and before[1] <= start)
        before = (start, end)
    drafts = article.revisions.filter(state="draft").count()
    opened = list(article.rounds.filter(state="open"))
    assert drafts <= 1 and len(opened) <= 1 and not (drafts and opened)
    for found in opened:
        step = found.current_step()
        assert step is not None and step.reached_at, "a round that waits at no step is stuck"


def first_time_stands(article: Article, words: Words) -> None:
    """Invariant 4."""
    now = timezone.now()
    begun = article.publications.not_called_off().filter(live_from__lte=now).order_by("live_from")
    firsts = set(begun.values_list("first_live_from", flat=True))
    if firsts:
        first = words.first_live.setdefault(article.pk, begun.first().live_from)
        assert firsts == {first}


def page_shows_what_was_sealed(article: Article, client: Client) -> None:
    """Invariants 5 and 7, as a visitor sees them."""
    publication = article.publications.live().select_related("revision", "department").first()
    article.refresh_from_db()
    slug = publication.department.slug if publication else article.department.slug
    response = client.get(f"/{slug}/{article.pk}/")
    page = response.content.decode()
    if publication is None:
        was_public = article.publications.not_called_off().filter(live_from__lte=timezone.now()).exists()
        assert response.status_code == (410 if was_public else 404)
        assert not marks_in(page)
        return
    assert response.status_code == 200
    assert publication.seal_holds() and publication.revision.compute_digest() == publication.digest
    assert marks_in(page) == marks_in(publication.revision.body) and publication.title in page
    unconfirmed = Emergency.objects.filter(publication=publication, confirmed_at=None).exists()
    with override("zh-hans"):
        flag = gettext("Published in an emergency; its confirmation is pending.")
    assert unconfirmed == publication.is_emergency == (flag in page)


def ledger_only_grew(words: Words) -> None:
    """Invariant 6: what stood last stands still, and nothing was left out since."""
    number, digest = words.head
    if number:
        assert Entry.objects.filter(number=number, hash=digest).exists()
    facts = Entry.objects.aggregate(last=Max("number"), count=Count("number"))
    assert facts["last"] == facts["count"]
    words.head = Entry.objects.order_by("-number").values_list("number", "hash").first()
