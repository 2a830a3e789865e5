"""Tampered publications: ends always work, sealing again is refused (scenario 55)."""

import json
from datetime import timedelta

import pytest
from django.db import connection, models
from django.utils import timezone

from articles.models import EndKind, Placement, Publication, PublicationEnd
from articles.verification import publication_seals, publications_match_their_revisions
from departments.exceptions import NotAllowed, WrongState
from ledger import seals
from ledger.models import Alarm
from ledger.monitoring.alarms import reset_throttling
from tests.factories import Newsroom, department
from tests.ledger.attacker import past_the_guards, tamper, undone
from tests.ledger.auditor import named, verify
from tests.workflow.action_factories import entries, somebody
from workflow import services
from workflow.models import Emergency
from workflow.rules.states import PublicState, state_of
from workflow.verification.publications import verify_publications
from workflow.verification.rounds import verify_rounds

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
KEYS = {"id", "seal_key", "seal_signature"}
# Where the row belongs: under another article or number it is another publication, and no act on this one meets it.
PLACE = {"article_id", "number"}
END_COLUMNS = {"live_until", "planned_until"}
WORDS = [field.column for field in Publication._meta.concrete_fields if field.column not in KEYS | PLACE | END_COLUMNS]


def forged_value(publication: Publication, field: models.Field):
    """Another value of the column that the constraints let pass."""
    present = getattr(publication, field.attname)
    if isinstance(field, models.DateTimeField):
        return publication.live_from - DAY
    if isinstance(field, models.BooleanField):
        return not present
    if isinstance(field, models.JSONField):
        return json.dumps([1.5])
    if isinstance(field, models.ForeignKey):
        others = field.related_model.objects.exclude(pk=present).order_by("pk")
        return others.values_list("pk", flat=True).first()
    return "f" * 64 if field.max_length == 64 else "欢迎访问365体育"


def forge(publication: Publication, column: str) -> None:
    field = next(field for field in Publication._meta.concrete_fields if field.column == column)
    changes = {column: forged_value(publication, field)}
    if column == "live_from":  # no publication begins before the first
        changes["first_live_from"] = changes[column]
    assignments = ", ".join(f'"{name}" = %s' for name in changes)
    tamper(f"UPDATE articles_publication SET {assignments} WHERE id = %s", [*changes.values(), publication.pk])


def restore(publication: Publication, *more: str) -> None:
    """Put every column but the end back, and those in `more`, as somebody does who hopes that nobody looks."""
    columns = [*WORDS, "seal_key", "seal_signature", *more]
    values = []
    for name in columns:
        value = getattr(publication, name)
        values.append(json.dumps(value) if name in ("columns", "files", "sign_offs") else value)
    assignments = ", ".join(f'"{name}" = %s' for name in columns)
    tamper(f"UPDATE articles_publication SET {assignments} WHERE id = %s", [*values, publication.pk])


def findings(publication: Publication) -> list[str]:
    """What the checks of publications say of it. The whole of `verify` for each column would take minutes."""
    lines = [*publication_seals(), *publications_match_their_revisions(), *verify_publications(), *verify_rounds()]
    return [line for line in lines if line.startswith(f"publication {publication.pk} ")]


def is_blessed(publication: Publication) -> bool:
    """Return whether the words of the row carry a good seal."""
    return Publication.objects.get(pk=publication.pk).words_hold()


@pytest.fixture
def live(newsroom: Newsroom) -> Publication:
    newsroom.published(title="另一篇")  # so that every foreign key has another value
    found = newsroom.published(columns=[newsroom.elsewhere], summary="摘要")
    return Publication.objects.get(pk=found.pk)


def withdraw(newsroom, publication):
    services.withdraw(publication.article, by=newsroom.publisher, reason="有误", notice="")
    return PublicState.WITHDRAWN


def expire(newsroom, publication):
    services.expire(publication.article, by=newsroom.publisher, at=timezone.now() + DAY)
    return PublicState.LIVE


def supersede(newsroom, publication):
    waiting = publication.article.rounds.open().get()
    services.approve(waiting, by=newsroom.publisher, seen=waiting.revision.digest)
    return PublicState.LIVE


# Every act that ends × every column.


@pytest.mark.parametrize("act", [withdraw, *(pytest.param(act, marks=pytest.mark.slow) for act in (expire, supersede))])
def test_an_end_takes_down_what_was_tampered_with_and_signs_nothing_of_it(newsroom, live, act):
    """Scenario 55."""
    newsroom.reviewed(newsroom.rewritten(live.article, title="更正"))
    for column in WORDS:
        with undone():
            forge(live, column)
            state = act(newsroom, live)
            assert state_of(live.article).public == state, column
            assert PublicationEnd.objects.get(publication=live).seal_holds(), column
            assert not is_blessed(live), column
            assert findings(live), column
            # The forged value is nowhere in what was signed: with the old values back, all is what was sealed.
            restore(live)
            assert not findings(live), column


def test_calling_off_takes_down_what_was_tampered_with_for_good(newsroom):
    """Scenario 55. Also when its beginning was forged: put back, it does not begin after all."""
    newsroom.published(title="另一篇")
    scheduled = newsroom.published(at=timezone.now() + 3 * DAY)
    scheduled = Publication.objects.get(pk=scheduled.pk)
    for column in WORDS:
        with undone():
            forge(scheduled, column)
            services.unschedule(scheduled.article, by=newsroom.publisher, reason="改期")
            assert not is_blessed(scheduled), column
            restore(scheduled, "live_until")  # NULL
            for days in (0, 3, 9):
                assert not Publication.objects.live(timezone.now() + days * DAY).filter(pk=scheduled.pk), column


def test_an_interval_that_was_opened_again_keeps_nobody_from_publishing(newsroom, client):
    """Scenario 55. It would overlap with the next publication; the columns are put back, with an alarm."""
    first = newsroom.published()
    services.withdraw(first.article, by=newsroom.publisher, reason="有误", notice="")
    tamper("UPDATE articles_publication SET live_until = NULL WHERE id = %s", [first.pk])
    assert state_of(first.article).public == PublicState.WITHDRAWN
    assert client.get(first.get_absolute_url()).status_code == 410
    reset_throttling()
    second = newsroom.published(newsroom.rewritten(first.article, title="更正"))
    assert Alarm.objects.filter(subject=f"publication {first.pk}").exists()
    assert client.get(second.get_absolute_url()).status_code == 200
    assert verify() == []


def test_a_forged_end_is_not_passed_on_to_a_correction(newsroom):
    """Scenario 55. The end that was set comes from the ledger, not from the rows."""
    ends = timezone.now() + 3 * DAY
    for forged in (None, timezone.now() + 900 * DAY):
        first = newsroom.published()
        services.expire(first.article, by=newsroom.publisher, at=ends)
        for table in ("articles_publicationend SET until = %s, planned_until = %s WHERE publication_id",):
            tamper(f"UPDATE {table} = %s", [forged, forged, first.pk])
        second = newsroom.published(newsroom.rewritten(first.article))
        assert (second.live_until, second.planned_until) == (ends, ends)
        assert second.end.kind == EndKind.PLANNED
        assert verify() == []


def test_a_forged_end_is_not_passed_on_when_a_replacement_is_called_off(newsroom):
    """Scenario 55."""
    ends = timezone.now() + 3 * DAY
    first = newsroom.published()
    services.expire(first.article, by=newsroom.publisher, at=ends)
    newsroom.published(newsroom.rewritten(first.article), at=timezone.now() + DAY)
    tamper("UPDATE articles_publicationend SET planned_until = NULL WHERE publication_id = %s", [first.pk])
    services.unschedule(first.article, by=newsroom.publisher, reason="改期")
    first.refresh_from_db()
    assert (first.live_until, first.planned_until) == (ends, ends)
    assert verify() == []


def test_a_forged_first_publication_is_not_passed_on_to_a_correction(newsroom):
    """Scenario 55."""
    first = newsroom.published()
    tamper(
        "UPDATE articles_publication SET first_live_from = %s WHERE id = %s", [first.live_from - 900 * DAY, first.pk]
    )
    second = newsroom.published(newsroom.rewritten(first.article))
    assert (second.first_live_from, second.dated) == (first.live_from, first.live_from)


# Every act that seals again × every column.


def move(newsroom, publication):
    services.move(publication.article, by=newsroom.admin, to=newsroom.elsewhere)


def confirm(newsroom, publication):
    seen = Publication.objects.get(pk=publication.pk).digest
    services.confirm_emergency(publication.article, by=newsroom.people["second"], seen=seen)


def expunge(newsroom, publication):
    services.expunge(publication.article, by=newsroom.publisher, seconded_by=newsroom.admin, reason="涉密")


@pytest.fixture
def emergency(newsroom: Newsroom) -> Publication:
    newsroom.published(title="另一篇")
    somebody(newsroom, "second", "publisher")
    article = newsroom.draft()
    seen = article.active_draft().compute_digest()
    found = services.publish_in_emergency(article, by=newsroom.publisher, seen=seen, reason="汛情")
    return Publication.objects.get(pk=found.pk)


@pytest.fixture
def withdrawn(newsroom: Newsroom, live: Publication) -> Publication:
    services.withdraw(live.article, by=newsroom.publisher, reason="有误", notice="")
    return Publication.objects.get(pk=live.pk)


@pytest.mark.parametrize(
    ("act", "fixture"),
    [
        (move, "live"),
        pytest.param(confirm, "emergency", marks=pytest.mark.slow),
        pytest.param(expunge, "withdrawn", marks=pytest.mark.slow),
    ],
)
def test_an_act_that_seals_again_refuses_a_row_that_is_not_what_was_sealed(request, newsroom, act, fixture):
    """Scenario 55."""
    publication = request.getfixturevalue(fixture)
    meets_the_flag = {"is_emergency"} if act is confirm else set()  # without the flag nothing waits for confirmation
    for column in [*(name for name in WORDS if name not in meets_the_flag), "seal_key", "seal_signature"]:
        with undone():
            if column in KEYS:
                tamper(f"UPDATE articles_publication SET {column} = 'f' WHERE id = %s", [publication.pk])
            else:
                forge(publication, column)
            Alarm.objects.all().delete()
            reset_throttling()
            count = len(entries(publication.article))
            with pytest.raises(WrongState):
                act(newsroom, publication)
            assert not is_blessed(publication), column
            assert len(entries(publication.article)) == count, column
            # Under another text the emergency is not found at all, so there is nothing to raise an alarm about.
            assert Alarm.objects.exists() or column == "revision_id", column
            assert findings(publication), column
    act(newsroom, publication)
    assert verify() == []


def test_an_act_that_seals_again_refuses_an_earlier_state_with_its_good_seal(newsroom, live):
    """Scenario 55. The ledger's digest says that it is not the newest."""
    services.move(live.article, by=newsroom.admin, to=newsroom.elsewhere)
    restore(live)
    assert is_blessed(live)
    third = department("第三处", newsroom.admin)
    with pytest.raises(WrongState):
        services.move(live.article, by=newsroom.admin, to=third)
    assert named(f"publication {live.pk}")


def test_an_act_that_seals_again_refuses_what_the_ledger_does_not_have(newsroom, live):
    """Scenario 55. The owner of the database can change the entry, but not sign it."""
    entry = entries(live.article)[-1]
    with past_the_guards():
        data = {**entry.data, "seals": {"1": "0" * 64}}
        type(entry).objects.filter(pk=entry.pk).update(data=data)
    with pytest.raises(WrongState):
        services.move(live.article, by=newsroom.admin, to=newsroom.elsewhere)


@pytest.mark.parametrize("change", ["by", "hands"])
def test_nobody_confirms_their_own_emergency_by_changing_who_had_a_part_in_it(newsroom, emergency, change):
    """Scenario 55. The ledger says who published it and who wrote it."""
    by = newsroom.publisher if change == "by" else somebody(newsroom, "author", "publisher", "drafter")
    if change == "by":
        tamper("UPDATE workflow_emergency SET by_id = %s WHERE publication_id = %s", [newsroom.admin.pk, emergency.pk])
    else:
        hands = [newsroom.admin.pk, emergency.revision_id]
        tamper("UPDATE articles_contribution SET person_id = %s WHERE revision_id = %s", hands)
    with pytest.raises((WrongState, NotAllowed)):
        services.confirm_emergency(emergency.article, by=by, seen=emergency.digest)
    assert Emergency.objects.get().confirmed_by is None
    assert named(f"publication {emergency.pk}")


# What `verify` says of an end, of an emergency and of a pin.


@pytest.mark.slow
def test_every_column_of_an_end_is_vouched_for(newsroom):
    """Scenario 55."""
    published, other = newsroom.published(), newsroom.published()
    for publication in (published, other):
        services.expire(publication.article, by=newsroom.publisher, at=timezone.now() + DAY)
    end = PublicationEnd.objects.get(publication=published)
    assert verify() == []
    changes = {
        "kind": "superseded",
        "until": timezone.now() + 9 * DAY,
        "planned_until": None,
        "at": timezone.now() - 9 * DAY,
        "seal_key": "f" * 16,
        "seal_signature": "f" * 128,
    }
    assert {field.column for field in PublicationEnd._meta.concrete_fields} == {"id", "publication_id", *changes}
    for column, value in changes.items():
        with undone():
            tamper(f'UPDATE articles_publicationend SET "{column}" = %s WHERE id = %s', [value, end.pk])
            assert named(f"publication {published.pk}"), column
    with undone():
        tamper("DELETE FROM articles_publicationend WHERE publication_id = %s", [other.pk])
        tamper("UPDATE articles_publicationend SET publication_id = %s WHERE id = %s", [other.pk, end.pk])
        assert named(f"publication {published.pk}") and named(f"publication {other.pk}")


@pytest.mark.slow
def test_every_column_of_an_emergency_is_vouched_for(newsroom, emergency):
    """Scenario 62."""
    confirm(newsroom, emergency)
    assert verify() == []
    row = Emergency.objects.get()
    changes = {
        "publication_id": Publication.objects.exclude(pk=emergency.pk).first().pk,
        "reason": "没有原因",
        "at": row.at - DAY,
        "by_id": newsroom.drafter.pk,
        "by_name": "别人",
        "confirmed_at": row.confirmed_at - DAY,
        "confirmed_by_id": newsroom.admin.pk,
        "confirmed_by_name": "别人",
    }
    assert {field.column for field in Emergency._meta.concrete_fields} == {"id", *changes}
    for column, value in changes.items():
        with undone():
            tamper(f'UPDATE workflow_emergency SET "{column}" = %s', [value])
            assert verify(), column
    with undone():
        tamper("DELETE FROM workflow_emergency")
        assert verify()


def test_a_withdrawal_whose_reason_or_person_was_changed_is_named(newsroom, withdrawn):
    """Scenario 62."""
    for column, value in {"reason": "别的", "by_id": newsroom.admin.pk, "by_name": "别人"}.items():
        with undone():
            tamper(f"UPDATE articles_withdrawal SET {column} = %s", [value])
            assert named(f"withdrawal {withdrawn.withdrawal.pk}"), column


def test_a_pin_that_was_set_lengthened_or_taken_down_outside_the_site_is_named(newsroom, live):
    """Scenario 62."""
    other = Publication.objects.exclude(pk=live.pk).get()
    services.pin(live.article, by=newsroom.publisher, until=timezone.now() + DAY)
    assert verify() == []
    here = live.placements.get(department=newsroom.department)
    column = live.placements.get(department=newsroom.elsewhere)
    for placement, value in [
        (here, timezone.now() + 9 * DAY),
        (here, None),
        (here, timezone.now() - DAY),
        (column, Placement.objects.get(pk=here.pk).pinned_until),
        (other.placements.get(), timezone.now() + DAY),
    ]:
        with undone():
            tamper("UPDATE articles_placement SET pinned_until = %s WHERE id = %s", [value, placement.pk])
            assert named(f"placement {placement.pk}")
    newsroom.published(newsroom.rewritten(live.article))
    assert verify() == []
    services.move(live.article, by=newsroom.admin, to=newsroom.elsewhere)
    assert verify() == []
    tamper(
        "UPDATE articles_placement SET pinned_until = %s WHERE article_id = %s", [timezone.now() + DAY, live.article_id]
    )
    assert [line for line in verify() if "pinned outside the site" in line]


def test_what_was_signed_with_forged_words_is_named_all_the_same(newsroom, live):
    """Scenario 55. As if an act had sealed them again: the revision, the round and the ledger say otherwise."""
    forged = {
        "title": "别的", "summary": "别的", "cover_digest": "f" * 64, "dated": live.dated - DAY, "files": ["f" * 64],
        "first_live_from": live.live_from - DAY, "sign_offs": [{**sign, "name": "别人"} for sign in live.sign_offs],
        "body_digest": "f" * 64, "columns": [], "created_at": live.created_at - DAY, "live_from": live.live_from + DAY,
    }  # fmt: skip
    for column, value in forged.items():
        with undone():
            changed = Publication.objects.get(pk=live.pk)
            setattr(changed, column, value)
            changed.seal_key, changed.seal_signature = seals.seal("publication", changed.manifest())
            with past_the_guards():
                connection.check_constraints()
                changed.save()
            lines = findings(live)
            assert any("sealed once" in line for line in lines), column
            assert len(lines) > 1 or column == "created_at", column
