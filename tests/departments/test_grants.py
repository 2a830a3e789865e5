"""Granting and revoking roles is in the ledger (scenario 50)."""

import pytest

from departments.models import Membership, Role
from ledger.models import Entry
from tests.factories import department, grant, person
from tests.ledger.attacker import refused, run, tamper
from tests.ledger.auditor import named, verify

ADD = "/admin/departments/membership/add/"


@pytest.fixture
def here(superuser):
    return department("组织建设", superuser, slug="zuzhi")


@pytest.fixture
def somebody(db):
    return person("somebody")


def role(code):
    return Role.objects.get(code=code)


@pytest.mark.parametrize("is_whole_site", [False, True])
def test_a_grant_stands_in_the_ledger(desk, superuser, here, somebody, last_entry, is_whole_site):
    """Scenario 50."""
    where = None if is_whole_site else here.pk
    sent = {"person": somebody.pk, "role": role("publisher").pk, "department": where or ""}
    assert desk.post(ADD, sent).status_code == 302
    membership = Membership.objects.get(person=somebody)
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.object_id) == ("role.granted", superuser.pk, str(membership.pk))
    assert entry.data == {
        "person": somebody.pk,
        "person_name": somebody.full_name,
        "role": role("publisher").pk,
        "role_name": "签发人",
        "department": where,
        "seal": membership.sealed_digest(),
    }
    assert verify() == []


@pytest.mark.parametrize("way", ["one", "several"])
def test_a_revocation_stands_in_the_ledger(desk, superuser, here, somebody, last_entry, way):
    """Scenario 50."""
    grant(somebody, "publisher", here, superuser)
    membership = Membership.objects.get()
    if way == "one":
        answer = desk.post(f"/admin/departments/membership/{membership.pk}/delete/", {"post": "yes"})
    else:
        sent = {"action": "delete_selected", "_selected_action": [membership.pk], "post": "yes"}
        answer = desk.post("/admin/departments/membership/", sent)
    assert answer.status_code == 302
    assert not Membership.objects.exists()
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.object_id) == ("role.revoked", superuser.pk, str(membership.pk))
    assert verify() == []


@pytest.mark.parametrize("is_whole_site", [False, True])
def test_the_same_role_is_granted_once(desk, superuser, here, somebody, is_whole_site):
    grant(somebody, "publisher", None if is_whole_site else here, superuser)
    before = Entry.objects.count()
    sent = {"person": somebody.pk, "role": role("publisher").pk, "department": "" if is_whole_site else here.pk}
    assert desk.post(ADD, sent).status_code == 200
    assert Membership.objects.count() == 1 and Entry.objects.count() == before
    refused(
        "INSERT INTO departments_membership (person_id, role_id, department_id) "
        "SELECT person_id, role_id, department_id FROM departments_membership"
    )


def test_a_membership_is_never_edited(desk, superuser, here, somebody):
    """Scenario 12."""
    grant(somebody, "drafter", here, superuser)
    membership = Membership.objects.get()
    sent = {"person": somebody.pk, "role": role("publisher").pk, "department": here.pk}
    assert desk.post(f"/admin/departments/membership/{membership.pk}/change/", sent).status_code == 403
    membership.refresh_from_db()
    assert membership.role.code == "drafter"


def test_a_drafter_grants_nothing(newsroom, client):
    """Scenario 50."""
    client.force_login(newsroom.drafter)
    before = Membership.objects.count()
    sent = {"person": newsroom.drafter.pk, "role": role("publisher").pk, "department": newsroom.department.pk}
    assert client.post(ADD, sent).status_code == 403
    granted = Membership.objects.get(person=newsroom.reviewer)
    assert client.post(f"/admin/departments/membership/{granted.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Membership.objects.count() == before


def test_somebody_with_a_role_is_not_deleted_with_it(superuser, here, somebody):
    grant(somebody, "drafter", here, superuser)
    refused("DELETE FROM accounts_user WHERE id = %s", [somebody.pk])


# Behind the site's back.


def test_a_membership_that_was_inserted_is_named(superuser, here, somebody):
    """Scenario 43."""
    assert verify() == []
    run(
        "INSERT INTO departments_membership (person_id, role_id, department_id, seal_key, seal_signature) "
        "VALUES (%s, %s, %s, '', '')",
        [somebody.pk, role("publisher").pk, here.pk],
    )
    membership = Membership.objects.get()
    assert len(named(f"membership {membership.pk}")) == 1


@pytest.mark.parametrize(
    ("column", "other"), [("role_id", "publisher"), ("department_id", None), ("person_id", "superuser")]
)
def test_a_membership_that_was_changed_is_named(superuser, here, somebody, column, other):
    """Scenario 43."""
    grant(somebody, "drafter", here, superuser)
    value = {"role_id": role("publisher").pk, "department_id": None, "person_id": superuser.pk}[column]
    run(f"UPDATE departments_membership SET {column} = %s", [value])
    assert len(named(f"membership {Membership.objects.get().pk}")) == 1


def test_a_membership_that_was_removed_is_named(superuser, here, somebody):
    """Scenario 43."""
    grant(somebody, "drafter", here, superuser)
    membership = Membership.objects.get()
    run("DELETE FROM departments_membership")
    assert len(named(f"membership {membership.pk}")) == 1


def test_a_grant_that_was_forged_in_the_ledger_too_is_named(superuser, here, somebody):
    """Scenario 44. The membership then seems to be granted, but the entry that says so was never signed."""
    run(
        "INSERT INTO departments_membership (person_id, role_id, department_id, seal_key, seal_signature) "
        "VALUES (%s, %s, %s, '', '')",
        [somebody.pk, role("publisher").pk, here.pk],
    )
    membership = Membership.objects.get()
    last = Entry.objects.order_by("-number").first()
    data = f'{{"person": {somebody.pk}, "role": {role("publisher").pk}, "department": {here.pk}}}'
    tamper(
        "INSERT INTO ledger_entry (number, time, actor_id, actor_name, verb, object_type, object_id, data, previous, "
        "hash, key, signature) SELECT number + 1, time, actor_id, actor_name, 'role.granted', "
        "'departments.membership', %s, %s, hash, %s, key, signature FROM ledger_entry WHERE number = %s",
        [str(membership.pk), data, "f" * 64, last.number],
    )
    assert named(f"ledger entry {last.number + 1}")
