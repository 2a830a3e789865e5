"""Validity of departments, in the form and in the database."""

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import get_resolver

from departments.models import RESERVED_SLUGS, Department
from tests.factories import department
from tests.ledger.attacker import refused, run

ADD = "/admin/departments/department/add/"


def form(**changes):
    sent = {"kind": "department", "name": "组织建设", "slug": "zuzhi", "position": "1", "is_visible": "on", **changes}
    return {name: value for name, value in sent.items() if value != ""}


def errors(answer):
    """The fields that the form complains of."""
    assert answer.status_code == 200
    return set(answer.context["adminform"].form.errors)


def test_a_superuser_makes_a_department_and_the_ledger_has_it(desk, superuser, client, last_entry):
    """Scenario 50."""
    assert desk.post(ADD, form()).status_code == 302
    made = Department.objects.get(slug="zuzhi")
    entry = last_entry()
    assert (entry.verb, entry.actor_id, entry.object_id) == ("department.created", superuser.pk, str(made.pk))
    assert entry.data["name"] == "组织建设"
    assert made.seal_holds()


def test_a_changed_department_is_sealed_again_and_the_ledger_has_it(desk, superuser, last_entry):
    """Scenario 50."""
    made = department("组织建设", superuser, slug="zuzhi")
    assert desk.post(f"/admin/departments/department/{made.pk}/change/", form(name="组织工作")).status_code == 302
    made.refresh_from_db()
    assert made.name == "组织工作" and made.seal_holds()
    assert (last_entry().verb, last_entry().data["name"]) == ("department.changed", "组织工作")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": ""}, "slug"),
        ({"slug": "组织"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "../admin"}, "slug"),
        ({"name": ""}, "name"),
        ({"kind": "nonsense"}, "kind"),
        ({"url": "https://www.gov.cn/"}, "url"),
        ({"kind": "link", "slug": ""}, "url"),
        ({"kind": "link", "slug": "", "url": "javascript:alert(1)"}, "url"),
        ({"kind": "link", "slug": "", "url": "ftp://example.org/"}, "url"),
        ({"kind": "link", "slug": "", "url": "//example.org/"}, "url"),
        ({"kind": "link", "url": "https://www.gov.cn/"}, "slug"),
        *(({"slug": slug}, "slug") for slug in ("admin", "search", "feed", "files", "healthz", "static")),
    ],
)
def test_the_form_refuses_what_is_no_department_and_says_where(desk, last_entry, changes, field):
    before = last_entry().number
    assert errors(desk.post(ADD, form(**changes))) == {field}
    assert not Department.objects.exists() and last_entry().number == before


def test_an_outside_link_needs_its_address_and_nothing_else(desk):
    assert desk.post(ADD, form(kind="link", slug="", url="https://www.gov.cn/")).status_code == 302
    assert Department.objects.get().get_absolute_url() == "https://www.gov.cn/"


def test_two_departments_never_share_an_address(desk, superuser):
    department("组织建设", superuser, slug="zuzhi")
    assert errors(desk.post(ADD, form(name="另一个"))) == {"slug"}


def test_there_are_two_levels_and_no_third(desk, superuser):
    top = department("一级", superuser, slug="one")
    assert desk.post(ADD, form(name="二级", slug="two", parent=top.pk)).status_code == 302
    second = Department.objects.get(slug="two")
    assert errors(desk.post(ADD, form(name="三级", slug="three", parent=second.pk))) == {"parent"}


def test_a_department_with_children_does_not_become_a_child(desk, superuser):
    top = department("一级", superuser, slug="one")
    department("二级", superuser, slug="two", parent=top)
    other = department("另一个", superuser, slug="other")
    answer = desk.post(
        f"/admin/departments/department/{top.pk}/change/", form(name="一级", slug="one", parent=other.pk)
    )
    assert errors(answer) == {"parent"}


def test_a_department_is_not_part_of_itself(desk, superuser):
    top = department("一级", superuser, slug="one")
    answer = desk.post(f"/admin/departments/department/{top.pk}/change/", form(name="一级", slug="one", parent=top.pk))
    assert errors(answer) == {"parent"}
    refused("UPDATE departments_department SET parent_id = id WHERE id = %s", [top.pk])


def test_only_a_column_has_a_responsible_department(desk, superuser):
    top, column = (
        department("一级", superuser, slug="one"),
        department("公告栏", superuser, slug="notices", kind="column"),
    )
    assert errors(desk.post(ADD, form(responsible=top.pk))) == {"responsible"}
    assert errors(desk.post(ADD, form(kind="column", responsible=column.pk))) == {"responsible"}
    assert desk.post(ADD, form(kind="column", responsible=top.pk)).status_code == 302
    refused("UPDATE departments_department SET responsible_id = %s WHERE id <> %s AND kind <> 'column'", [column.pk, 0])


def _flat(pattern):
    """The pattern, or those in it as long as they share the root with it."""
    if str(pattern.pattern) != "" or not hasattr(pattern, "url_patterns"):
        return [pattern]
    return [found for inner in pattern.url_patterns for found in _flat(inner)]


def test_no_address_of_the_site_itself_can_be_a_department(db):
    """Every first part of an address that some page answers is among the reserved words."""
    own = set()
    for pattern in get_resolver().url_patterns:
        inner = _flat(pattern)
        own |= {str(one.pattern).lstrip("^").split("/")[0] for one in inner}
    own |= {code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE}
    own = {part for part in own if part and "<" not in part and "." not in part}
    assert {"admin", "feed", "files", "healthz", "reads", "readyz", "search", "en"} <= own
    assert own <= RESERVED_SLUGS


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
def test_a_reserved_word_is_refused_by_the_service_and_by_the_database(superuser, slug):
    with pytest.raises(ValidationError):
        department("组织建设", superuser, slug=slug)
    made = department("组织建设", superuser, slug="zuzhi")
    refused("UPDATE departments_department SET slug = %s WHERE id = %s", [slug, made.pk])
    assert run("UPDATE departments_department SET slug = %s WHERE id = %s", [f"{slug}-1", made.pk]) == 1


@pytest.mark.parametrize(
    "nonsense",
    [
        "kind = 'nonsense'",
        "slug = NULL",
        "url = 'https://www.gov.cn/'",
        "kind = 'link'",
        "kind = 'link', slug = NULL",
        "kind = 'link', url = 'https://www.gov.cn/'",
    ],
)
def test_the_database_refuses_what_is_neither_a_department_nor_a_link(superuser, nonsense):
    made = department("组织建设", superuser, slug="zuzhi")
    refused(f"UPDATE departments_department SET {nonsense} WHERE id = %s", [made.pk])


def test_a_department_with_articles_is_not_deleted(newsroom, client):
    newsroom.draft()
    client.force_login(newsroom.admin)
    answer = client.post(f"/admin/departments/department/{newsroom.department.pk}/delete/", {"post": "yes"})
    assert answer.status_code in (200, 403)
    assert Department.objects.filter(pk=newsroom.department.pk).exists()
    connection.check_constraints()


def test_an_empty_department_is_deleted_and_the_ledger_has_it(desk, superuser, last_entry):
    empty = department("空", superuser, slug="empty")
    assert desk.post(f"/admin/departments/department/{empty.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Department.objects.exists()
    assert (last_entry().verb, last_entry().object_id) == ("department.deleted", str(empty.pk))


def test_a_drafter_changes_no_department_and_no_role(newsroom, client, last_entry):
    client.force_login(newsroom.drafter)
    before = last_entry().number
    own = newsroom.department
    for address, sent in [
        (ADD, form()),
        (f"/admin/departments/department/{own.pk}/change/", form()),
        (f"/admin/departments/department/{own.pk}/delete/", {"post": "yes"}),
        (
            "/admin/departments/role/1/change/",
            {"code": "drafter", "name": "拟稿人", "may_draft": "on", "position": "0"},
        ),
    ]:
        assert client.post(address, sent).status_code == 403
    assert last_entry().number == before
