"""`verify` names forged account changes and decisions through them."""

import pytest
from django.db import connection

from accounts.models import IdentityChange
from accounts.services import set_password
from departments.services import revoke_role
from ledger.models import Entry
from tests.factories import grant
from tests.ledger.attacker import copied, past_the_guards, refused, run, tamper
from tests.ledger.auditor import named, verify
from tests.workflow.action_calls import approve
from tests.workflow.action_factories import somebody, stand_in
from tests.workflow.confirmation_factories import confirm, own_text, puppet, second_superuser
from workflow import services

TABLE = "accounts_identitychange"


@pytest.fixture
def newsroom(newsroom):
    second_superuser(newsroom)
    newsroom.published()
    return newsroom


def rows() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TABLE}")
        return cursor.fetchall()


def put_back(kept: list[tuple]) -> None:
    with past_the_guards():
        run(f"DELETE FROM {TABLE}")
        for row in kept:
            run(f"INSERT INTO {TABLE} VALUES ({', '.join(['%s'] * len(row))})", row)


def test_all_that_the_site_does_to_accounts_is_in_order(newsroom):
    one, second = puppet(newsroom, "one", "reviewer"), newsroom.people["second"]
    grant(one, "publisher", newsroom.department, newsroom.admin)
    revoke_role(one.memberships.get(role__code="publisher"), by=newsroom.admin)
    set_password(newsroom.publisher, "another word", by=second)
    stand_in(newsroom.publisher, somebody(newsroom, "deputy"))
    waiting = newsroom.submitted()
    approve(waiting, one)
    confirm(one, newsroom.reviewer)
    approve(type(waiting).objects.get(pk=waiting.pk), newsroom.publisher)
    grant(newsroom.admin, "reviewer", newsroom.department, newsroom.admin)
    article = own_text(newsroom).article
    services.publish_in_emergency(article, by=newsroom.admin, seen=article.rounds.get().revision.digest, reason="险情")
    services.confirm_emergency(article, by=newsroom.publisher, seen=article.rounds.get().revision.digest)
    assert verify() == []


@pytest.mark.both_databases("rows are taken away and put back in raw SQL")
def test_a_decision_made_while_the_change_was_away_is_named_after_it_was_put_back(newsroom):
    """Scenario 52, for accounts."""
    one, kept = puppet(newsroom, "one", "reviewer"), rows()
    kept = rows()
    with past_the_guards():
        run(f"DELETE FROM {TABLE}")
    waiting = own_text(newsroom)
    approve(waiting, one)
    put_back(kept)
    (line, *others) = verify()
    entry = Entry.objects.get(verb="article.approved", actor_id=one.pk)
    assert line.startswith(f"ledger entry {entry.number} (article {waiting.article_id}): by {one.full_name}, though")
    assert len(others) == 1 and "does not say what of the account" in others[0]


def test_an_emergency_confirmed_while_the_change_was_away_is_named(newsroom):
    article = own_text(newsroom).article
    digest = article.rounds.get().revision.digest
    services.publish_in_emergency(article, by=newsroom.admin, seen=digest, reason="险情")
    one = puppet(newsroom, "one", "publisher")
    kept = rows()
    with past_the_guards():
        run(f"DELETE FROM {TABLE}")
    services.confirm_emergency(article, by=one, seen=digest)
    put_back(kept)
    entry = Entry.objects.get(verb="article.emergency_confirmed")
    assert len(named(f"ledger entry {entry.number}")) == 1


def test_an_expunging_seconded_while_the_change_was_away_is_named(newsroom):
    article = newsroom.published().article
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    one = puppet(newsroom, "one", "publisher")
    kept = rows()
    with past_the_guards():
        run(f"DELETE FROM {TABLE}")
    services.expunge(article, by=newsroom.admin, seconded_by=one, reason="法院要求")
    put_back(kept)
    entry = Entry.objects.get(verb="article.expunged")
    assert len(named(f"ledger entry {entry.number}")) == 1


@pytest.mark.parametrize("act", ["made an account", "confirmed an account"])
def test_an_act_on_accounts_by_somebody_whose_own_change_was_away_is_named(newsroom, act):
    third, one = puppet(newsroom, "third", "publisher", by=newsroom.admin), puppet(newsroom, "one", "reviewer")
    kept = rows()
    with past_the_guards():
        run(f"DELETE FROM {TABLE} WHERE person_id = %s", [third.pk])
    if act == "made an account":
        third.is_superuser = True
        puppet(newsroom, "other", by=third)
    else:
        confirm(one, third)
    now = {row[0]: row for row in rows()}
    put_back(list({**{row[0]: row for row in kept}, **now}.values()))
    entry = Entry.objects.order_by("-number").first()
    assert named(f"ledger entry {entry.number}") == [
        f"ledger entry {entry.number}: by {third.full_name}, whose account was not confirmed then"
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person_id", "drafter"),
        ("by_id", "drafter"),
        ("by_name", "别人"),
        ("verb", "role.granted"),
        ("at", "2020-01-01 00:00:00+00:00"),
        ("ends_at", "2020-01-01 00:00:00+00:00"),
        ("state", "notice"),
        ("act", "0" * 32),
        ("closed_by_name", "别人"),
        ("entry", 1),
        ("seal_key", "0" * 16),
        ("seal_signature", "0" * 128),
    ],
)
def test_each_column_of_a_change_is_vouched_for(newsroom, column, value):
    puppet(newsroom, "one")
    change = IdentityChange.objects.get()
    value = newsroom.people[value].pk if value == "drafter" else value
    tamper(f"UPDATE {TABLE} SET {column} = %s", [value])
    assert named(f"identity change {change.pk}")


def test_a_change_that_is_gone_or_was_put_in_is_named(newsroom):
    puppet(newsroom, "one")
    change = IdentityChange.objects.get()
    with past_the_guards():
        run(*copied(IdentityChange, change.pk, entry=2))
        assert len(named(f"identity change {change.pk + 1}")) == 1
        run(f"DELETE FROM {TABLE}")
    assert len(named(f"identity change of entry {change.entry}")) == 1


def test_an_earlier_state_of_a_change_that_was_put_back_is_named(newsroom):
    one = puppet(newsroom, "one")
    kept = rows()
    confirm(one, newsroom.people["second"])
    assert verify() == []
    put_back(kept)
    assert len(named(f"identity change {IdentityChange.objects.get().pk}")) == 1


def test_what_stands_beside_a_decision_is_vouched_for(newsroom):
    one = puppet(newsroom, "one", "reviewer")
    waiting = newsroom.submitted()
    approve(waiting, one)
    assert verify() == []
    tamper("UPDATE workflow_decision SET unconfirmed = '[]' WHERE round_id = %s", [waiting.pk])
    assert named(f"decision {waiting.decisions.get().pk}")


@pytest.mark.both_databases("triggers and constraints are written in two dialects")
def test_setup_ends_once(newsroom):
    entry = Entry.objects.get(verb="site.setup_ended")
    last = Entry.objects.order_by("-number").first()
    words = {"number": last.number + 1, "previous": "a" * 64, "hash": "b" * 64}
    sql, params = copied(Entry, entry.number, **words)
    refused(sql.replace("WHERE id", "WHERE number"), params)


def test_something_published_without_an_end_of_setup_is_named(newsroom):
    first = Entry.objects.get(verb="article.published")
    tamper("UPDATE ledger_entry SET verb = 'site.setup_over' WHERE verb = 'site.setup_ended'")
    assert f"ledger entry {first.number}: published before the end of setup was recorded" in verify()
