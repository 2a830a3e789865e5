"""Full names are unique among people with roles (scenario 58)."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.full_names import comparison_form
from accounts.models import User
from accounts.services import change_user, create_user
from departments import people_import
from tests.factories import PASSWORD, grant, nothing_changes, person

SAME = ["张伟", "張偉", "张 伟", "张　伟", "张·伟", "（张伟）", "张伟。"]
DIFFERENT = ["张玮", "张伟（组织部）", "张伟2", "张"]
INVISIBLE = [
    "张\u200b伟",
    "张伟\u3164",
    "张\u00ad伟",
    "张\u202e伟",
    "\u3164",
    " ",
    "——",
    "张\ufe0f伟",
    "\u2800张伟",
    "张\x00伟",
]


@pytest.fixture
def leader(newsroom):
    made = create_user(username="zhangwei", password=None, by=None, full_name="张伟")
    grant(made, "publisher", newsroom.department, newsroom.admin)
    return made


@pytest.mark.parametrize("name", SAME)
def test_a_name_that_looks_the_same_is_refused(leader, name):
    with nothing_changes(), pytest.raises(ValidationError):
        create_user(username="other", password=None, by=None, full_name=name)


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_name_that_differs_is_taken(leader, name):
    assert create_user(username="other", password=None, by=None, full_name=name).pk


@pytest.mark.parametrize("one", ["Lisa Wang", "ｌｉｓａ　ｗａｎｇ", "Lіsа Wаng"])
def test_letters_of_other_scripts_and_widths_make_no_difference(one):
    assert comparison_form(one) == comparison_form("lisawang")


@pytest.mark.parametrize("name", INVISIBLE)
def test_the_form_refuses_signs_that_nobody_sees(newsroom, as_user, name):
    words = {"username": "other", "full_name": name, "password1": PASSWORD, "password2": PASSWORD}
    page = as_user("admin").post("/admin/accounts/user/add/", {**words, "usable_password": "true"})
    assert page.status_code == 200 and not User.objects.filter(username="other").exists()


def test_the_form_says_to_add_the_department(leader, as_user):
    words = {"username": "other", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    page = as_user("admin").post("/admin/accounts/user/add/", {**words, "full_name": "張偉"})
    assert page.status_code == 200 and "张伟（组织部）" in page.content.decode()
    assert (
        as_user("admin").post("/admin/accounts/user/add/", {**words, "full_name": "张伟（教育处）"}).status_code == 302
    )


def test_a_namesake_without_a_role_gets_one_only_under_another_name(leader, newsroom, as_user):
    """The name was free when the account was made: then the role is refused."""
    other = create_user(username="other", password=None, by=None, full_name="李四")
    other.update_sealed(full_name="张 伟")  # as in a database from before this rule
    with nothing_changes(), pytest.raises(ValidationError):
        grant(other, "drafter", newsroom.department, newsroom.admin)
    role = newsroom.publisher.memberships.get().role_id
    sent = {"person": other.pk, "role": role, "department": newsroom.department.pk}
    page = as_user("admin").post("/admin/departments/membership/add/", sent)
    assert page.status_code == 200 and "张伟（组织部）" in page.content.decode()
    other.full_name = "张伟（教育处）"
    change_user(other, by=newsroom.admin)
    grant(other, "drafter", newsroom.department, newsroom.admin)


def test_a_changed_name_is_checked_and_another_fact_is_not(leader, newsroom):
    other = newsroom.reviewer
    other.full_name = "张偉"
    with nothing_changes(), pytest.raises(ValidationError):
        change_user(other, by=newsroom.admin)
    other.refresh_from_db()
    other.phone = "12345678"
    change_user(other, by=newsroom.admin)


def test_the_name_of_somebody_who_has_left_is_free(leader, newsroom):
    leader.is_active = False
    change_user(leader, by=newsroom.admin)
    other = create_user(username="other", password=None, by=None, full_name="张伟")
    grant(other, "drafter", newsroom.department, newsroom.admin)
    leader.is_active = True
    with nothing_changes(), pytest.raises(ValidationError):
        change_user(leader, by=newsroom.admin)


def test_a_superuser_counts_as_somebody_with_a_role(db):
    person("boss", is_superuser=True)
    with pytest.raises(ValidationError):
        create_user(username="other", password=None, by=None, full_name="BOSS 甲")


def test_createsuperuser_refuses_in_words(leader, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    for name, words in [("張偉", "张伟"), ("张\u200b伟", ".")]:
        with nothing_changes(), pytest.raises(CommandError, match=words):
            call_command("createsuperuser", interactive=False, username="other", full_name=name)


def test_the_import_refuses_namesakes_also_within_the_table(leader):
    rows = [
        people_import.ImportRow(2, username="a", full_name="張偉"),
        people_import.ImportRow(3, username="b", full_name="王芳"),
        people_import.ImportRow(4, username="c", full_name="王 芳"),
        people_import.ImportRow(5, username="d", full_name="王芳（教育处）"),
    ]
    planned = people_import.plan_import(rows)
    assert [bool(row.errors) for row in rows] == [True, False, True, False]
    assert not planned.is_possible
