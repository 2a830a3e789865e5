"""The ledger is append-only, and missing triggers are found."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection, transaction

from departments.models import Role
from ledger import guards
from ledger.models import Entry
from ledger.record import record
from tests.ledger.attacker import on_postgresql, on_sqlite, past_the_guards, refused, run
from tests.ledger.auditor import named, verify

pytestmark = pytest.mark.both_databases("triggers, constraints and the statements that try to pass them differ")

COLUMNS = ["time", "actor_id", "actor_name", "verb", "object_type", "object_id", "data", "previous", "hash", "key"]
SAME_AGAIN = (
    "{verb} INTO ledger_entry (number, time, actor_id, actor_name, verb, object_type, object_id, data, previous, hash, "
    "key, signature) SELECT {number}, time, actor_id, 'somebody else', verb, object_type, object_id, data, {previous}, "
    "{hash}, key, signature FROM ledger_entry WHERE number = 1"
)


@pytest.fixture
def entries(db):
    role = Role.objects.get(code="drafter")
    with transaction.atomic():
        return [record("role.noted", role, turn=turn) for turn in range(3)]


def all_rows():
    return list(Entry.objects.values_list())


@pytest.mark.parametrize(
    "statement",
    [
        *(f'UPDATE ledger_entry SET "{column}" = "{column}"' for column in COLUMNS),
        "UPDATE ledger_entry SET number = number + 100",
        "UPDATE ledger_entry SET signature = '' WHERE number = 2",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_entry WHERE number = 3",
    ],
)
def test_an_entry_is_never_changed_and_never_removed(entries, statement):
    before = all_rows()
    refused(statement)
    assert all_rows() == before


def test_the_refusal_reaches_django_as_an_integrity_error(entries):
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.update(actor_name="别人")
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.all().delete()
    assert Entry.objects.count() == 3


@on_postgresql
def test_truncating_the_ledger_is_refused(entries):
    refused("TRUNCATE ledger_entry")
    refused("TRUNCATE ledger_entry CASCADE")
    assert Entry.objects.count() == 3


@pytest.fixture(params=["ON", "OFF"])
def recursive_triggers(request, db):
    """Switched off, SQLite's REPLACE removes rows without asking the triggers for DELETE."""
    run(f"PRAGMA recursive_triggers = {request.param}")
    yield
    run("PRAGMA recursive_triggers = ON")


@on_sqlite
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
@pytest.mark.parametrize(
    "clash",
    [
        {"number": "number", "previous": "'p'", "hash": "'h'"},
        {"number": "99", "previous": "previous", "hash": "'h'"},
        {"number": "99", "previous": "'p'", "hash": "hash"},
    ],
    ids=["number", "previous", "hash"],
)
def test_an_entry_is_never_replaced(entries, recursive_triggers, verb, clash):
    before = all_rows()
    refused(SAME_AGAIN.format(verb=verb, **clash))
    assert all_rows() == before


@on_sqlite
def test_an_entry_is_never_pushed_out_by_an_update(entries, recursive_triggers):
    before = all_rows()
    refused("UPDATE OR REPLACE ledger_entry SET number = 1 WHERE number = 2")
    assert all_rows() == before


def test_two_entries_never_follow_the_same_one(entries):
    """A fork of the chain is refused by the database, whoever writes it."""
    refused(SAME_AGAIN.format(verb="INSERT", number="99", previous="previous", hash="'h'"))
    assert Entry.objects.count() == 3


def test_every_guard_is_missed_when_it_is_gone(db):
    """Scenario 43."""
    everything = guards._installed(connection)
    assert len(everything) > 40
    assert verify() == []
    guards.drop_all(connection)
    assert sorted(verify()) == sorted(f"trigger {name}: missing from the database, or changed" for name in everything)
    guards.install_all(connection)
    assert guards._installed(connection) == everything
    assert verify() == []


NAME = "guard_ledger_entry_no_update"


def drop_one():
    run(f'DROP TRIGGER "{NAME}"' + ("" if connection.vendor == "sqlite" else " ON ledger_entry"))


def missed():
    return [line.split(":")[0] for line in named(f"trigger {NAME}")] == [f"trigger {NAME}"]


def test_a_missing_guard_is_named_by_verify_and_by_the_system_check(db):
    """Scenario 43."""
    call_command("check", databases=["default"], fail_level="WARNING", stdout=StringIO(), stderr=StringIO())
    drop_one()
    assert missed()
    with pytest.raises(SystemCheckError, match=NAME):
        call_command("check", databases=["default"], fail_level="WARNING", stdout=StringIO(), stderr=StringIO())


@pytest.mark.django_db(transaction=True)
def test_migrate_puts_a_missing_guard_back():
    with transaction.atomic():
        record("role.noted", Role.objects.get(code="drafter"))
    drop_one()
    assert missed()
    call_command("migrate", verbosity=0)
    assert verify() == []
    refused("UPDATE ledger_entry SET verb = 'x'")


@on_sqlite
@pytest.mark.parametrize(
    "instead",
    [
        "BEFORE UPDATE ON ledger_entry FOR EACH ROW WHEN FALSE BEGIN SELECT RAISE(ABORT, 'no'); END",
        "BEFORE UPDATE ON articles_read FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'no'); END",
        "BEFORE UPDATE OF verb ON ledger_entry FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'no'); END",
    ],
)
def test_a_guard_that_was_weakened_on_sqlite_is_missed(db, instead):
    drop_one()
    run(f'CREATE TRIGGER "{NAME}" {instead}')
    assert missed()


@on_postgresql
@pytest.mark.parametrize(
    "weakened",
    [
        [f"ALTER TABLE ledger_entry DISABLE TRIGGER {NAME}"],
        [f"ALTER TABLE ledger_entry ENABLE REPLICA TRIGGER {NAME}"],
        [
            f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
        ],
        [
            f"DROP TRIGGER {NAME} ON ledger_entry",
            f"CREATE TRIGGER {NAME} BEFORE UPDATE ON ledger_entry FOR EACH ROW WHEN (false) EXECUTE FUNCTION {NAME}()",
        ],
        [
            f"DROP TRIGGER {NAME} ON ledger_entry",
            f"CREATE TRIGGER {NAME} BEFORE UPDATE OF verb ON ledger_entry FOR EACH ROW EXECUTE FUNCTION {NAME}()",
        ],
        [
            f"DROP TRIGGER {NAME} ON ledger_entry",
            f"CREATE TRIGGER {NAME} BEFORE UPDATE ON articles_read FOR EACH ROW EXECUTE FUNCTION {NAME}()",
        ],
        [
            f"DROP TRIGGER {NAME} ON ledger_entry",
            f"CREATE TRIGGER {NAME} BEFORE UPDATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION {NAME}()",
        ],
    ],
    ids=["disabled", "replicas only", "other words", "never", "one column", "other table", "statement"],
)
def test_a_guard_that_was_weakened_on_postgresql_is_missed(db, weakened):
    for statement in weakened:
        run(statement)
    assert missed()


def test_without_the_guards_nothing_holds_the_database_back(entries):
    """So that the tests above are known to be about the guards."""
    with past_the_guards():
        assert run("UPDATE ledger_entry SET verb = 'x' WHERE number = 2") == 1
