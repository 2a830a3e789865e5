"""The page of accounts to confirm; sheet and proof of unconfirmed ones (scenario 58)."""

import pytest

from accounts.models import IdentityChange, User
from departments.models import Membership, Role
from ledger.models import Entry
from tests.factories import PASSWORD, nothing_changes
from tests.workflow.action_calls import approve
from tests.workflow.confirmation_factories import open_entries, own_text, puppet, second_superuser
from tests.workflow.pages import text_of
from workflow.actions import openings

PAGE = "/admin/accounts/identitychange/"


@pytest.fixture
def newsroom(newsroom):
    second_superuser(newsroom)
    newsroom.published()
    return newsroom


def answer(client, who, words="当面核实", answer="confirm", entries=None):
    chosen = ",".join(map(str, open_entries(who) if entries is None else entries))
    return client.post(f"{PAGE}{who.pk}/answer/", {"entries": chosen, "words": words, "answer": answer}, follow=True)


def test_a_new_leader_decides_on_the_makers_text_once_somebody_else_has_confirmed(newsroom, as_user):
    """From the forms of the superuser to the button of the leader."""
    admin, boss = as_user("admin"), newsroom.admin
    words = {"username": "zhangwei", "full_name": "张伟", "password1": PASSWORD, "password2": PASSWORD}
    assert admin.post("/admin/accounts/user/add/", {**words, "usable_password": "true"}).status_code == 302
    leader = User.objects.get(username="zhangwei")
    sent = {"person": leader.pk, "role": Role.objects.get(code="reviewer").pk, "department": newsroom.department.pk}
    assert admin.post("/admin/departments/membership/add/", sent).status_code == 302
    waiting = own_text(newsroom)
    review = f"/admin/workflow/round/{waiting.pk}/review/"
    desk = as_user(leader)
    page = desk.get(review)
    assert f"{boss.full_name}" in text_of(page) and 'name="verdict"' not in page.content.decode()
    sent = {"verdict": "approve", "comment": "", "opened": openings.issue_token(waiting, leader)}
    with nothing_changes():
        assert desk.post(review, sent).status_code == 403
    home = as_user("reviewer").get("/admin/")
    assert f'href="{PAGE}"' in home.content.decode()
    assert "张伟" in text_of(as_user("reviewer").get(PAGE))
    assert answer(as_user("reviewer"), leader).status_code == 200
    assert 'name="verdict"' in desk.get(review).content.decode()
    assert desk.post(review, sent).status_code == 302


def test_each_sees_on_the_page_what_concerns_them(newsroom, as_user):
    one = puppet(newsroom, "one", "reviewer")
    for who, sees, may_confirm in [
        ("second", True, True),
        ("reviewer", True, True),
        ("admin", True, False),
        ("one", True, False),
        ("drafter", False, False),
        ("stranger", False, False),
    ]:
        page = as_user(who).get(PAGE)
        shown = page.content.decode()
        assert page.status_code == 200
        assert (f"account-{one.pk}" in shown) == sees, who
        assert ('value="confirm"' in shown) == may_confirm, who


def test_the_page_names_role_department_and_what_was_changed(newsroom, as_user):
    one = puppet(newsroom, "one", "reviewer")
    sent = {"username": one.username, "full_name": "王芳", "email": "new@example.org", "is_active": "on"}
    assert as_user("admin").post(f"/admin/accounts/user/{one.pk}/change/", sent).status_code == 302
    shown = text_of(as_user("second").get(PAGE))
    assert "审核人 · 组织建设" in shown
    assert "one乙 → 王芳" in shown and "→ new@example.org" in shown


def test_an_objection_stays_on_the_page_and_the_account_unconfirmed(newsroom, as_user):
    one = puppet(newsroom, "one", "reviewer")
    answer(as_user("reviewer"), one, "此人不在本单位", "object")
    assert "此人不在本单位" in text_of(as_user("second").get(PAGE))
    assert len(open_entries(one)) == 2


@pytest.mark.parametrize(
    ("who", "sent", "status"),
    [
        ("admin", {}, 403),
        ("one", {}, 403),
        ("drafter", {}, 403),
        ("reviewer", {"words": " "}, 200),
        ("reviewer", {"answer": "perhaps"}, 200),
        ("reviewer", {"entries": ["1; DROP"]}, 200),
        ("reviewer", {"entries": ["9" * 40]}, 200),
        ("reviewer", {"entries": [""]}, 200),
        ("reviewer", {"entries": [1]}, 200),
    ],
)
def test_what_is_no_confirmation_is_refused_in_words(newsroom, as_user, who, sent, status):
    one = puppet(newsroom, "one", "reviewer")
    client = as_user(who)
    answer_page = client.get(PAGE)
    assert answer_page.status_code == 200
    before = list(IdentityChange.objects.values())
    page = answer(client, one, **sent)
    assert page.status_code == status
    assert list(IdentityChange.objects.values()) == before and not Entry.objects.filter(verb="account.confirmed")
    if status == 200:
        assert 'class="error"' in page.content.decode()


def test_nothing_is_confirmed_by_a_link(newsroom, as_user):
    one = puppet(newsroom, "one", "reviewer")
    assert as_user("reviewer").get(f"{PAGE}{one.pk}/answer/").status_code == 405
    assert as_user("admin").get(f"{PAGE}end-setup/").status_code == 405
    assert as_user("reviewer").post(f"{PAGE}999999/answer/", {"entries": "1", "words": "x"}).status_code == 404


def test_the_page_takes_the_same_number_of_queries_for_one_role_and_for_three(newsroom, as_user):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    one, client = puppet(newsroom, "one", "reviewer"), as_user("second")
    client.get(PAGE)
    with CaptureQueriesContext(connection) as first:
        client.get(PAGE)
    for role in ("drafter", "publisher"):
        Membership.objects.create(person=one, role=Role.objects.get(code=role), department=newsroom.department)
    puppet_roles = IdentityChange.objects.filter(person=one).count()
    with CaptureQueriesContext(connection) as second:
        client.get(PAGE)
    assert len(first) == len(second) and puppet_roles == 2


def test_sheet_and_proof_say_that_the_account_was_not_confirmed(newsroom, as_user, client):
    one = puppet(newsroom, "one", "reviewer")
    waiting = newsroom.submitted()
    approve(waiting, one)
    waiting.refresh_from_db()
    publication = approve(type(waiting).objects.get(pk=waiting.pk), newsroom.publisher)
    sheet = text_of(as_user("publisher").get(f"/admin/workflow/round/{waiting.pk}/sheet/"))
    address = publication.get_absolute_url()
    proof = text_of(client.get(f"{address}proof/"))
    at = publication.created_at.astimezone().strftime("%Y-")
    for shown in (sheet, proof):
        assert newsroom.admin.full_name in shown and at in shown
    json = client.get(f"{address}proof.json").json()
    first, last = json["sign_offs"]
    assert [change["what"] for change in first["unconfirmed"]] == ["person.created", "role.granted"]
    assert "unconfirmed" not in last
    assert json["manifest"]["sign_offs"][0]["unconfirmed"] == first["unconfirmed"]
