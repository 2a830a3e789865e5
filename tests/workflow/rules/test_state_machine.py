"""Random actions in random order keep the invariants (hypothesis)."""

import os
from contextlib import ExitStack
from datetime import timedelta
from itertools import chain

import pytest
import time_machine
from django.db import transaction
from django.db.models import Max
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import User
from articles import drafts
from articles.models import Article
from departments.exceptions import NotAllowed, WrongState
from departments.permissions import check_draft
from ledger.models import Entry
from ledger.verification import checks
from ledger.verification.chain import verify_chain
from tests.factories import Newsroom
from tests.workflow import invariants
from tests.workflow.action_factories import disable, mark, marks_in, preset, rearrange, somebody, stand_in, use, write
from workflow import services
from workflow.actions import delegations
from workflow.actions.restoring import TextVersion
from workflow.models import Delegation, Emergency, Round
from workflow.rules.authorization import decision_refusal
from workflow.rules.eligible_deciders import eligible_decider_ids, rounds_awaiting, stranded_rounds

pytestmark = pytest.mark.django_db

REFUSED = (NotAllowed, WrongState, drafts.StaleDraft)
HOUR = timedelta(hours=1)
EVERYBODY = ["drafter", "colleague", "reviewer", "second", "publisher", "deputy", "allrounder", "stranger", "admin"]


def people(*likely: str):
    """Mostly those whose business it is, often enough anybody else."""
    return st.one_of(st.sampled_from(likely), st.sampled_from(likely), st.sampled_from(EVERYBODY))


ARTICLES = st.sampled_from([0, 0, 1])
WRITERS = people("drafter", "colleague", "allrounder")
DECIDERS = people("reviewer", "publisher", "second", "deputy", "allrounder")
SIGNERS = people("publisher", "allrounder", "admin")
MOMENTS = st.sampled_from([-1, 1, 5, 30, 200])  # hours from now
REASONS = st.sampled_from(["有误", "有误", " "])
STEPS = st.sampled_from(
    [
        [("审核", "reviewer", 1), ("签发", "publisher", 1)],
        [("审核", "reviewer", 1)],
        [("签发", "publisher", 1)],
        [("审核", "reviewer", 2), ("签发", "publisher", 1)],
        [("审核", "reviewer", 1), ("签发", "publisher", 2)],
        [("签发", "publisher", 1), ("审核", "reviewer", 1)],
    ]
)


class Office:
    """What is the same for every example: people, and two articles, one of them public."""

    def __init__(self) -> None:
        self.newsroom = newsroom = Newsroom.open()
        somebody(newsroom, "second", "reviewer")
        somebody(newsroom, "deputy")
        somebody(newsroom, "allrounder", "drafter", "reviewer", "publisher")
        self.people = {name: newsroom.people[name].pk for name in EVERYBODY}
        self.marks = [mark(), mark()]
        bodies = [f"<p>正文〔{number}〕</p>" for number in self.marks]
        self.articles = [newsroom.published(body=bodies[0]).article.pk, newsroom.draft(body=bodies[1]).pk]


class AnyOrder(RuleBasedStateMachine):
    """Each example is a transaction that is rolled back, at a clock that only its own rules move."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.office, self.newsroom = office, office.newsroom
        self.stack = ExitStack()
        self.clock = self.stack.enter_context(time_machine.travel(timezone.now() + HOUR, tick=False))
        self.stack.enter_context(transaction.atomic())
        self.client = Client()
        writer = office.people["drafter"]
        self.words = invariants.Words(writers=dict.fromkeys(office.marks, writer))
        self.touched = set(office.articles)  # articles that are to be looked at
        self.something_happened = True
        self.invariants_hold()

    def teardown(self) -> None:
        try:
            if Entry.objects.exists():
                self.at_the_end()
        finally:
            transaction.set_rollback(True)
            self.stack.close()

    # What each rule uses.

    def person(self, name: str) -> User:
        return User.objects.get(pk=self.office.people[name])

    def article(self, which: int) -> Article:
        return Article.objects.select_related("department").get(pk=self.office.articles[which])

    def round(self, article: Article) -> Round | None:
        """The open round, else the last one there was."""
        related = article.rounds.select_related("revision", "article__department", "submitted_by")
        return related.filter(state="open").first() or related.order_by("number").last()

    def attempt(self, article: Article | None, act, *args, **words) -> bool:
        """Whether the act was done. Refused, it left no entry; done, it left one."""
        self.clock.shift(1)
        before = self.newest_entry()
        try:
            act(*args, **words)
        except REFUSED:
            assert self.newest_entry() == before
            return False
        assert self.newest_entry() > before
        self.something_happened = True
        if article:
            self.touched.add(article.pk)
        return True

    def newest_entry(self) -> int:
        return Entry.objects.aggregate(newest=Max("number"))["newest"]

    # Writing.

    def save(self, article: Article, by: User, marks: set[int]) -> None:
        """As the form does: whoever writes for the department saves the draft in hand."""
        try:
            check_draft(by, article.department)
        except NotAllowed:
            return
        write(article, by, marks)

    @rule(which=ARTICLES, who=WRITERS, keeps=st.booleans())
    def writes(self, which, who, keeps):
        article, by = self.article(which), self.person(who)
        if draft := article.active_draft():
            self.clock.shift(1)
            new = mark()
            self.words.writers[new] = by.pk
            self.touched.add(article.pk)
            self.save(article, by, {new} | (marks_in(draft.body) if keeps else set()))

    @rule(which=ARTICLES, who=WRITERS)
    def submits(self, which, who):
        self.attempt(article := self.article(which), services.submit, article, by=self.person(who))

    @rule(which=ARTICLES, who=WRITERS)
    def takes_back(self, which, who):
        article = self.article(which)
        if waiting := self.round(article):
            self.attempt(article, services.take_back, waiting, by=self.person(who))

    @rule(which=ARTICLES, who=WRITERS)
    def revises(self, which, who):
        self.attempt(article := self.article(which), services.revise, article, by=self.person(who))

    @rule(which=ARTICLES, who=WRITERS)
    def parks(self, which, who):
        self.attempt(article := self.article(which), services.park, article, by=self.person(who))

    @rule(which=ARTICLES, who=WRITERS)
    def resumes(self, which, who):
        self.attempt(article := self.article(which), services.resume, article, by=self.person(who))

    @rule(which=ARTICLES, who=WRITERS, back=st.integers(0, 9))
    def restores(self, which, who, back):
        article = self.article(which)
        earlier = list(article.revisions.filter(expunged_at=None).select_related("cover").order_by("number"))
        if earlier:
            source = TextVersion(earlier[-1 - back % len(earlier)])
            self.attempt(article, services.restore, article, by=self.person(who), source=source)

    @rule(which=ARTICLES, who=WRITERS)
    def takes_in(self, which, who):
        """The published words, then stand in the draft too, typed there by the person who says so."""
        article, by = self.article(which), self.person(who)
        if self.attempt(article, services.merge_published_change, article, by=by):
            published = drafts.base_publication(article).revision
            self.save(article, by, marks_in(article.active_draft().body) | marks_in(published.body))

    @rule(which=ARTICLES, who=WRITERS, reason=REASONS)
    def discards(self, which, who, reason):
        self.attempt(article := self.article(which), services.discard, article, by=self.person(who), reason=reason)

    # Deciding.

    @rule(which=ARTICLES, who=DECIDERS, hours=st.one_of(st.none(), st.none(), MOMENTS))
    def approves(self, which, who, hours):
        article = self.article(which)
        if waiting := self.round(article):
            at = timezone.now() + hours * HOUR if hours else None
            seen = waiting.revision.digest
            self.attempt(article, services.approve, waiting, by=self.person(who), seen=seen, at=at)

    @rule(which=ARTICLES, hours=st.one_of(st.none(), MOMENTS), submitter=WRITERS)
    def goes_through_if_it_can(self, which, hours, submitter):
        """Everybody whose turn may come presses the button once."""
        article = self.article(which)
        self.attempt(article, services.submit, article, by=self.person(submitter))
        for who in ("reviewer", "second", "publisher", "allrounder"):
            self.approves(which, who, hours if who == "publisher" else None)

    @rule(which=ARTICLES, who=DECIDERS)
    def approves_what_is_not_under_review(self, which, who):
        article = self.article(which)
        if waiting := self.round(article):
            for seen in ("", "0" * 64):
                assert not self.attempt(article, services.approve, waiting, by=self.person(who), seen=seen)

    @rule(which=ARTICLES, who=DECIDERS, reason=REASONS)
    def returns(self, which, who, reason):
        article = self.article(which)
        if waiting := self.round(article):
            seen = waiting.revision.digest
            self.attempt(article, services.return_for_changes, waiting, by=self.person(who), seen=seen, reason=reason)

    @rule(which=ARTICLES, who=people("admin"), to=st.sampled_from(EVERYBODY))
    def hands_over(self, which, who, to):
        article = self.article(which)
        waiting = self.round(article)
        if waiting and (step := waiting.steps.filter(passed_at=None).first()):
            self.attempt(article, services.hand_over, step, by=self.person(who), to=self.person(to))

    # What is public.

    @rule(which=ARTICLES, who=SIGNERS, reason=REASONS)
    def unschedules(self, which, who, reason):
        self.attempt(article := self.article(which), services.unschedule, article, by=self.person(who), reason=reason)

    @rule(which=ARTICLES, who=SIGNERS, reason=REASONS)
    def withdraws(self, which, who, reason):
        words = {"reason": reason, "notice": "已撤稿"}
        self.attempt(article := self.article(which), services.withdraw, article, by=self.person(who), **words)

    @rule(which=ARTICLES, who=SIGNERS, hours=MOMENTS)
    def sets_an_end(self, which, who, hours):
        at = timezone.now() + hours * HOUR
        self.attempt(article := self.article(which), services.expire, article, by=self.person(who), at=at)

    @rule(which=ARTICLES, who=SIGNERS, hours=st.one_of(st.none(), MOMENTS))
    def pins(self, which, who, hours):
        until = timezone.now() + hours * HOUR if hours else None
        self.attempt(article := self.article(which), services.pin, article, by=self.person(who), until=until)

    @rule(which=ARTICLES, who=people("admin"), there=st.booleans())
    def moves(self, which, who, there):
        to = self.newsroom.elsewhere if there else self.newsroom.department
        self.attempt(article := self.article(which), services.move, article, by=self.person(who), to=to)

    @rule(which=ARTICLES, who=SIGNERS, reason=REASONS)
    def publishes_in_emergency(self, which, who, reason):
        article = self.article(which)
        waiting = article.rounds.open().select_related("revision").first()
        in_hand = waiting.revision if waiting else article.active_draft()
        seen = (in_hand.digest or in_hand.compute_digest()) if in_hand else ""
        self.attempt(article, services.publish_in_emergency, article, by=self.person(who), seen=seen, reason=reason)

    @rule(which=ARTICLES, who=SIGNERS)
    def confirms_the_emergency(self, which, who):
        article = self.article(which)
        emergency = Emergency.objects.unconfirmed().filter(publication__article=article).first()
        seen = emergency.publication.digest if emergency else ""
        self.attempt(article, services.confirm_emergency, article, by=self.person(who), seen=seen)

    # The house.

    @rule(who=st.sampled_from([name for name in EVERYBODY if name != "admin"]))
    def comes_or_goes(self, who):
        """Somebody leaves and their account is disabled; somebody comes back."""
        person = self.person(who)
        self.attempt(None, disable, person, self.newsroom.admin, active=not person.is_active)

    @rule(name=st.sampled_from(["一级", "两级", "三审三校", None]))
    def picks_a_pipeline(self, name):
        self.attempt(None, use, self.newsroom, name)

    @rule(steps=STEPS)
    def changes_the_pipeline(self, steps):
        self.attempt(None, rearrange, preset("两级"), self.newsroom.admin, *steps)

    @rule(
        principal=people("publisher", "reviewer"), deputy=people("deputy", "allrounder"), hours=st.sampled_from([3, 90])
    )
    def names_a_deputy(self, principal, deputy, hours):
        if principal != deputy:
            ends = timezone.now() + hours * HOUR
            self.attempt(None, stand_in, self.person(principal), self.person(deputy), ends=ends)

    @rule()
    @precondition(lambda self: Delegation.objects.exists())
    def revokes_a_deputy(self):
        last = Delegation.objects.order_by("pk").last()
        self.attempt(None, delegations.revoke_delegation, last, by=self.newsroom.admin)

    @rule(hours=st.sampled_from([1, 2, 26, 100]))
    def time_passes(self, hours):
        self.clock.shift(hours * 3600)
        self.touched.update(self.office.articles)

    # What holds after each of them.

    @invariant()
    def invariants_hold(self):
        if not (self.something_happened or self.touched):
            return
        self.words.take_notice()
        for article in Article.objects.filter(pk__in=self.touched).select_related("department"):
            invariants.one_of_each(article)
            invariants.first_time_stands(article, self.words)
            invariants.page_shows_what_was_sealed(article, self.client)
        invariants.ledger_only_grew(self.words)
        self.touched.clear()
        self.something_happened = False

    def at_the_end(self) -> None:
        for waiting in Round.objects.open().select_related("revision", "article__department", "submitted_by"):
            # Page, queue and list of the stranded agree on who can decide.
            everybody = list(User.objects.all())
            able = {person.pk for person in everybody if not decision_refusal(person, waiting)}
            step = waiting.current_step()
            assert able == eligible_decider_ids(step)
            assert able == {person.pk for person in everybody if waiting in rounds_awaiting(person)}
            missing = step.people - step.decisions.count() > len(able)
            assert missing == (waiting in {found.round for found in stranded_rounds()})
        assert list(chain.from_iterable(check() for check in checks._verifiers)) == []
        assert list(verify_chain(Entry.objects.order_by("number"))) == []


@pytest.fixture
def office(db):
    return Office()


PARTS = 4  # which processes can share among them
EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "104"))  # on each database: more than 200 in a run of bin/test --all


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_people_do_in_whatever_order_the_invariants_hold(office, part):
    """Always the same orders, another lot in each part; a failure prints what was done."""
    run_state_machine_as_test(
        seed(part)(lambda: AnyOrder(office)),
        settings=settings(
            max_examples=EXAMPLES // PARTS,
            stateful_step_count=25,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert list(checks.mismatches()) == []  # the tables, which no example changes, included
