"""The menu shows sealed departments only."""

import re

import pytest

from articles.public import external_links
from departments.models import Department
from ledger.models import Alarm
from tests.factories import department
from tests.ledger.attacker import run
from tests.ledger.auditor import named, verify


@pytest.fixture
def portal(superuser):
    top = department("组织建设", superuser, slug="zuzhi", position=1)
    return {
        "top": top,
        "child": department("青年工作", superuser, slug="qingnian", position=2, parent=top),
        "other": department("教育培训", superuser, slug="peixun", position=3),
        "hidden": department("内部栏目", superuser, slug="neibu", position=4, is_visible=False),
        "link": department("返回主站", superuser, kind="link", slug=None, url="https://www.gov.cn/", position=5),
    }


def menu(client):
    """(address, name) of every link of the menu, in order, the home page left out."""
    page = client.get("/").content.decode()
    nav = page.partition('<nav class="menu"')[2].partition("</nav>")[0]
    found = re.findall(r'<a[^>]* href="([^"]*)"[^>]*>([^<]*)', nav)
    return [(address, name.strip()) for address, name in found if address != "/"]


EVERYTHING = [
    ("/zuzhi/", "组织建设"),
    ("/qingnian/", "青年工作"),
    ("/peixun/", "教育培训"),
    (external_links.public_href("https://www.gov.cn/", []), "返回主站"),
]


def test_the_menu_names_departments_their_children_and_outside_links_in_order(client, portal):
    assert menu(client) == EVERYTHING


def test_every_entry_of_the_menu_leads_somewhere(client, portal):
    for address, _name in menu(client)[:-1]:
        assert client.get(address).status_code == 200


def test_what_is_not_shown_in_the_menu_can_still_be_opened(client, portal):
    assert client.get("/neibu/").status_code == 200


@pytest.mark.parametrize(
    ("column", "value"),
    [("name", "365体育娱乐"), ("slug", "bocai"), ("position", 9), ("description", "博彩"), ("parent_id", None)],
)
def test_a_changed_entry_is_left_out_of_the_menu_and_named(client, portal, column, value):
    """Scenario 43."""
    assert verify() == []
    changed = portal["child"]
    assert run(f"UPDATE departments_department SET {column} = %s WHERE id = %s", [value, changed.pk]) == 1
    assert menu(client) == [entry for entry in EVERYTHING if entry != ("/qingnian/", "青年工作")]
    assert len(named(f"department {changed.pk}")) == 1
    changed.refresh_from_db()
    assert client.get(changed.get_absolute_url()).status_code == 404


def test_a_changed_outside_link_is_left_out_and_named(client, portal):
    """Scenario 43."""
    run("UPDATE departments_department SET url = %s WHERE id = %s", ["https://evil.example/", portal["link"].pk])
    assert menu(client) == EVERYTHING[:-1]
    assert "evil.example" not in client.get("/").content.decode()
    assert len(named(f"department {portal['link'].pk}")) == 1


def test_an_entry_that_was_made_visible_is_left_out_and_named(client, portal):
    """Scenario 43."""
    run("UPDATE departments_department SET is_visible = TRUE WHERE id = %s", [portal["hidden"].pk])
    assert menu(client) == EVERYTHING
    assert len(named(f"department {portal['hidden'].pk}")) == 1


def test_an_entry_that_was_inserted_is_left_out_and_named(client, portal):
    """Scenario 43. Copying the seal of another entry does not help."""
    run(
        "INSERT INTO departments_department (kind, name, slug, url, description, keywords, column_type, position, "
        "is_visible, asks_for_documents, seal_key, seal_signature) SELECT kind, name, 'copied', url, description, "
        "keywords, column_type, position, is_visible, asks_for_documents, seal_key, seal_signature "
        "FROM departments_department WHERE id = %s",
        [portal["other"].pk],
    )
    copied = Department.objects.get(slug="copied")
    assert menu(client) == EVERYTHING
    assert client.get("/copied/").status_code == 404
    assert client.get("/copied/feed/").status_code == 404
    assert len(named(f"department {copied.pk}")) == 2  # its seal, and that the ledger does not have it


def test_superusers_are_told_of_a_changed_entry(client, portal, superuser):
    run("UPDATE departments_department SET name = '365体育娱乐' WHERE id = %s", [portal["other"].pk])
    client.get("/")
    assert Alarm.objects.get().subject == f"department {portal['other'].pk}"
    client.force_login(superuser)
    for page in (client.get("/admin/ledger/alarm/"), client.get("/admin/")):
        assert f"栏目 {portal['other'].pk}" in page.content.decode()
        assert "菜单项的签章无效，已从菜单中略去" in page.content.decode()


def test_an_alarm_that_was_changed_in_the_database_is_still_shown(client, portal, superuser):
    run("UPDATE departments_department SET name = '365体育娱乐' WHERE id = %s", [portal["other"].pk])
    client.get("/")
    run("UPDATE ledger_alarm SET message = %s", ["%(nothing)s 100%"])
    client.force_login(superuser)
    page = client.get("/admin/").content.decode()
    assert "菜单项的签章无效，已从菜单中略去" in page  # as the file outside the database has it
    assert "%(nothing)s 100%" not in page


def test_an_entry_that_was_put_right_at_the_desk_is_shown_again(client, portal, superuser):
    run("UPDATE departments_department SET name = '365体育娱乐' WHERE id = %s", [portal["other"].pk])
    client.force_login(superuser)
    sent = {"kind": "department", "name": "教育培训", "slug": "peixun", "position": "3", "is_visible": "on"}
    answer = client.post(f"/admin/departments/department/{portal['other'].pk}/change/", sent)
    assert answer.status_code == 302
    client.logout()
    assert menu(client) == EVERYTHING
    assert verify() == []


def test_a_forged_word_that_nobody_typed_over_is_not_sealed_with_another_change(client, portal, superuser):
    """Scenario 55. The form shows the forged name, and a person who changes the position does not read it."""
    other = portal["other"]
    run("UPDATE departments_department SET name = '365体育娱乐' WHERE id = %s", [other.pk])
    client.force_login(superuser)
    sent = {"kind": "department", "name": "365体育娱乐", "slug": "peixun", "position": "7", "is_visible": "on"}
    answer = client.post(f"/admin/departments/department/{other.pk}/change/", sent, follow=True)
    assert "name" in " ".join(str(message) for message in answer.context["messages"])
    stored = Department.objects.get(pk=other.pk)
    assert stored.position == other.position and not stored.seal_holds()
    assert Alarm.objects.filter(subject=f"department {other.pk}").exists()
