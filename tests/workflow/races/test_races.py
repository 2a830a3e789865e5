"""Concurrent actions with real threads and transactions."""

import os
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from articles import drafts, publishing
from articles.models import Article, Publication, Revision
from articles.models.revision import RevisionState
from departments.exceptions import NotAllowed, WrongState
from ledger.models import Entry
from ledger.verification.checks import mismatches
from tests.factories import Newsroom, grant, person
from tests.ledger.threads import at_once
from tests.workflow.action_calls import approve, give_back
from workflow import services
from workflow.models import Round, RoundState, Verdict
from workflow.rules.states import PublicState, TextState, state_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases("locks and isolation differ")]

TIMES = range(int(os.environ.get("RACES", "25")))
TOO_LATE = (WrongState, drafts.StaleDraft)


@pytest.fixture
def newsroom(transactional_db):
    return Newsroom.open()


@pytest.fixture
def second(newsroom):
    """A second reviewer and publisher of the department, in one person."""
    one = person("second")
    for role in ("reviewer", "publisher"):
        grant(one, role, newsroom.department, newsroom.admin)
    return one


@pytest.fixture
def record_holds(newsroom):
    """After whatever happened at the same moment everything matches, and no two publications of an article overlap."""
    yield
    assert list(mismatches()) == []
    ends: dict[int, Any] = {}
    for publication in Publication.objects.not_called_off().order_by("article", "live_from"):
        if before := ends.get(publication.article_id):
            assert before.live_until is not None and before.live_until <= publication.live_from
        ends[publication.article_id] = publication


recorded = pytest.mark.usefixtures("record_holds")


def winner_and_loser(outcomes, too_late=TOO_LATE):
    """Index of the one that succeeded, and what the other was told. Anything but one of each fails."""
    lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(lost) == 1 and isinstance(lost[0], too_late), outcomes
    return next(index for index, outcome in enumerate(outcomes) if outcome is not lost[0]), lost[0]


def entries(article, *verbs):
    return Entry.objects.filter(object_id=str(article.pk), object_type="articles.article", verb__in=verbs)


def fresh(waiting):
    """The round as a page of one's own shows it."""
    return Round.objects.select_related("revision", "article__department").get(pk=waiting.pk)


def copy_of(article):
    return Article.objects.get(pk=article.pk)


@recorded
def test_of_two_reviewers_who_approve_at_once_one_decides_and_the_other_is_told_who_did(newsroom):
    """Scenarios 5 and 6."""
    other = person("other")
    grant(other, "reviewer", newsroom.department, newsroom.admin)
    people = [newsroom.reviewer, other]
    for _again in TIMES:
        waiting = newsroom.submitted()
        won, told = winner_and_loser(at_once([partial(approve, fresh(waiting), by) for by in people]))
        assert waiting.decisions.get().person == people[won]
        assert people[won].full_name in str(told)
        assert entries(waiting.article, "article.approved").count() == 1


@recorded
def test_a_button_that_is_pressed_twice_decides_once(newsroom):
    """Scenario 5."""
    for _again in TIMES:
        waiting = newsroom.submitted()
        winner_and_loser(at_once([partial(approve, fresh(waiting), newsroom.reviewer) for _tab in "ab"]))
        assert waiting.decisions.get().person == newsroom.reviewer
        assert entries(waiting.article, "article.approved").count() == 1


@recorded
def test_of_two_publishers_who_sign_off_at_once_one_publishes(newsroom, second):
    """Scenarios 5 and 25."""
    people = [newsroom.publisher, second]
    for _again in TIMES:
        waiting = newsroom.reviewed()
        won, _told = winner_and_loser(at_once([partial(approve, fresh(waiting), by) for by in people]))
        publication = waiting.article.publications.get()
        assert [sign["person"] for sign in publication.sign_offs] == [newsroom.reviewer.pk, people[won].pk]
        assert entries(waiting.article, "article.published").count() == 1


@recorded
def test_somebody_with_the_roles_of_both_steps_who_presses_twice_passes_one_step(newsroom, second):
    """Scenarios 4 and 5."""
    for _again in TIMES:
        waiting = newsroom.submitted()
        pressed = at_once([partial(approve, fresh(waiting), second) for _tab in "ab"])
        winner_and_loser(pressed, too_late=NotAllowed)
        assert waiting.decisions.get().person == second
        assert not waiting.article.publications.exists()


@recorded
def test_of_approving_and_returning_at_once_exactly_one_happens(newsroom, second):
    """Scenario 6."""
    for turn in TIMES:
        waiting = newsroom.reviewed()
        acts = [partial(approve, fresh(waiting), newsroom.publisher), partial(give_back, fresh(waiting), second)]
        verdicts = [Verdict.APPROVE, Verdict.RETURN]
        if turn % 2:
            acts, verdicts = acts[::-1], verdicts[::-1]
        won, told = winner_and_loser(at_once(acts))
        assert str(told)
        assert [one.verdict for one in waiting.decisions.order_by("pk")] == [Verdict.APPROVE, verdicts[won]]
        assert waiting.article.publications.exists() == (verdicts[won] == Verdict.APPROVE)
        assert entries(waiting.article, "article.published", "article.returned").count() == 1


@recorded
def test_what_is_taken_back_and_edited_while_it_is_signed_off_is_never_public_with_other_words(newsroom):
    """Scenario 7."""

    def take_back_and_edit(page):
        draft = services.take_back(page, by=newsroom.drafter)
        drafts.save_draft(draft, {"body": "<p>没有人看过。</p>"}, by=newsroom.drafter, version=draft.version)
        return services.submit(page.article, by=newsroom.drafter)

    for _again in TIMES:
        waiting = newsroom.reviewed()
        acts = [partial(approve, fresh(waiting), newsroom.publisher), partial(take_back_and_edit, fresh(waiting))]
        won, _told = winner_and_loser(at_once(acts))
        published = waiting.article.publications.values_list("digest", flat=True)
        assert list(published) == ([waiting.revision.digest] if won == 0 else [])
        assert state_of(waiting.article).text == (TextState.SETTLED if won == 0 else TextState.IN_REVIEW)
        if won == 1:
            assert not waiting.article.rounds.last().decisions.exists()


@recorded
def test_a_save_and_a_submission_at_once_never_freeze_words_under_the_digest_of_others(newsroom):
    """Scenario 7."""
    content = {"title": "同事的标题", "columns": [newsroom.elsewhere]}
    for _again in TIMES:
        article = newsroom.draft()
        draft = article.active_draft()
        save = partial(drafts.save_draft, draft, content, by=newsroom.colleague, version=draft.version)
        saved, opened = at_once([save, partial(services.submit, article, by=newsroom.drafter)])
        revision = Revision.objects.get(article=article)
        is_in = not isinstance(saved, drafts.StaleDraft)
        if isinstance(opened, WrongState):  # a save came between reading and freezing: nobody submits unseen words
            assert is_in and revision.state == RevisionState.DRAFT and not article.rounds.exists()
            opened = services.submit(copy_of(article), by=newsroom.drafter)
            revision.refresh_from_db()
        assert isinstance(opened, Round), opened
        assert revision.digest == revision.compute_digest() == opened.revision.digest
        assert (revision.title == "同事的标题") == is_in
        assert (newsroom.colleague.pk in revision.contributor_ids()) == is_in


@recorded
def test_a_draft_that_two_people_submit_at_once_is_submitted_once(newsroom):
    people = [newsroom.drafter, newsroom.colleague]
    for _again in TIMES:
        article = newsroom.draft()
        won, _told = winner_and_loser(at_once([partial(services.submit, copy_of(article), by=by) for by in people]))
        assert article.rounds.get().submitted_by == people[won]
        assert entries(article, "article.submitted").count() == 1


@recorded
def test_two_people_who_begin_a_new_version_at_once_get_one_draft(newsroom):
    article = newsroom.published().article
    people = [newsroom.drafter, newsroom.colleague]
    for _again in TIMES:
        winner_and_loser(at_once([partial(services.revise, copy_of(article), by=by) for by in people]))
        assert article.revisions.filter(state=RevisionState.DRAFT).count() == 1
        services.discard(article, by=newsroom.drafter)


@recorded
def test_discarding_and_signing_off_at_once_ends_in_one_of_both(newsroom):
    for _again in TIMES:
        waiting = newsroom.reviewed()
        discard = partial(services.discard, copy_of(waiting.article), by=newsroom.drafter, reason="重复")
        won, _told = winner_and_loser(at_once([partial(approve, fresh(waiting), newsroom.publisher), discard]))
        waiting.refresh_from_db()
        assert waiting.state == [RoundState.APPROVED, RoundState.DISCARDED][won]
        assert waiting.article.publications.exists() == (won == 0)


@recorded
def test_withdrawing_while_a_replacement_is_signed_off_leaves_at_most_the_replacement(newsroom):
    """Scenario 25."""
    words = {"by": newsroom.publisher, "reason": "有误", "notice": "已撤稿"}
    for _again in TIMES:
        first = newsroom.published()
        waiting = newsroom.reviewed(newsroom.rewritten(first.article))
        withdraw = partial(services.withdraw, copy_of(first.article), **words)
        approved, withdrawn = at_once([partial(approve, fresh(waiting), newsroom.publisher), withdraw])
        assert isinstance(approved, Publication)
        # A withdrawal that began before the replacement was public, and came after it, is told so.
        assert withdrawn is None or isinstance(withdrawn, WrongState), withdrawn
        first.refresh_from_db()
        assert first.live_until is not None and first.live_until <= approved.live_from
        left = list(first.article.publications.live())
        assert left == ([approved] if state_of(first.article).public == PublicState.LIVE else [])


def test_the_database_itself_lets_one_of_two_overlapping_publications_of_an_article_in(newsroom):
    """Scenario 25. Past the services, which hold the article's lock, and with numbers that do not clash."""

    def insert(number, live_from):
        with transaction.atomic():
            row = Publication.objects.get(article=article, number=1)
            row.pk, row.number, row.live_from, row.live_until = None, number, live_from, None
            row.apply_seal()
            row.save(force_insert=True)

    for turn in TIMES:
        first = newsroom.published()
        article, now = first.article, timezone.now()
        publishing.schedule_end(first, now, now)
        numbers = [(2, now), (3, now + timedelta(hours=turn % 3))]
        # PostgreSQL may find the two waiting for each other in the exclusion constraint, and ends one of them for that.
        too_late = (IntegrityError, OperationalError)
        _winner, refusal = winner_and_loser(at_once([partial(insert, *one) for one in numbers]), too_late=too_late)
        assert isinstance(refusal, IntegrityError) or "deadlock detected" in str(refusal)
        assert article.publications.live(now + timedelta(days=1)).count() == 1
