"""Admin lists and forms at the desk: labels, rows, query counts."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from ledger import verbs
from ledger.models import Entry
from tests.workflow.pages import Page
from workflow.models import Pipeline

pytestmark = pytest.mark.django_db

LEDGER = "/admin/ledger/entry/"
PEOPLE = "/admin/accounts/user/"
APPS = ("accounts", "articles", "departments", "feedback", "ledger", "legacy", "portal", "workflow")


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def breadcrumb(response) -> str:
    found = re.search(r'<div class="breadcrumbs">(.*?)</div>', response.content.decode(), re.DOTALL)
    return re.sub(r"<[^>]*>", "", found[1]).strip()


def recorded_verbs() -> set[str]:
    """Every text of the sources that looks like a verb of an area of the ledger, and every verb given to record()."""
    areas = {code for code, _name in verbs.area_choices()}
    found = set()
    for app in APPS:
        for file in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and node.args:
                    constants = [part for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                    found |= {part.value for part in constants if isinstance(part.value, str) and "." in part.value}
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    area, _dot, verb = node.value.partition(".")
                    if area in areas and re.fullmatch(r"[a-z]+(_[a-z]+)*", verb) and not verb.endswith(("html", "py")):
                        found.add(node.value)
    return found


def test_every_act_that_the_ledger_can_hold_has_chinese_words():
    recorded, said = recorded_verbs(), verbs.verb_labels()
    assert {"article.submitted", "person.created", "key.rotated", "letters.forgotten"} <= recorded
    assert recorded - set(said) - set(verbs.OBJECT_TYPE_LABELS) == set()
    with translation.override("zh-hans"):
        assert [verb for verb in said if not re.search(r"[\u4e00-\u9fff]", verbs.verb_label(verb))] == []


def test_verbs_are_told_by_their_own_area_only():
    with pytest.raises(ValueError, match=r"article\.begun"):
        verbs.register_verbs("person", "People", {"article.begun": "began"})


def test_the_ledger_says_in_chinese_what_was_done_to_what(newsroom, as_user):
    waiting = newsroom.submitted()
    said = text_of(as_user("admin").get(LEDGER))
    assert "提交审批" in said
    assert f"稿件 {waiting.article_id}" in said
    for code in ("article.submitted", "articles.article", "person.created"):
        assert code not in said


def test_an_entry_shows_its_verb_as_it_was_signed_beside_the_words(newsroom, as_user):
    newsroom.submitted()
    entry = Entry.objects.get(verb="article.submitted")
    said = text_of(as_user("admin").get(f"{LEDGER}{entry.pk}/change/"))
    assert "提交审批" in said
    assert "article.submitted" in said


def test_a_kind_of_thing_that_no_model_has_is_said_as_it_was_recorded():
    assert verbs.object_label("gone.kind", "7") == "gone.kind 7"
    assert verbs.object_label("no kind", "7") == "no kind 7"
    assert verbs.verb_label("gone.verb") == "gone.verb"


def test_the_ledger_is_narrowed_by_what_an_entry_is_about(newsroom, as_user):
    newsroom.submitted()
    admin = as_user("admin")
    shown = {entry.verb for entry in admin.get(f"{LEDGER}?area=article").context["cl"].result_list}
    assert shown == {"article.begun", "article.submitted"}
    everything = admin.get(f"{LEDGER}?area=nonsense").context["cl"]
    assert everything.result_count == Entry.objects.count()


def test_the_ledger_is_listed_without_counting_its_entries(newsroom, as_user):
    newsroom.submitted()
    admin = as_user("admin")
    with CaptureQueriesContext(connection) as asked:
        listed = admin.get(LEDGER).context["cl"]
    assert listed.result_count == Entry.objects.count()
    assert not [query["sql"] for query in asked if "COUNT(" in query["sql"] and "ledger_entry" in query["sql"]]


def pipeline():
    """The number of the first pipeline, which is another one once the tables have been emptied and filled again."""
    return Pipeline.objects.order_by("pk").first().pk


SCREENS = [
    PEOPLE,
    f"{PEOPLE}add/",
    "/admin/departments/department/",
    "/admin/departments/membership/add/",
    "/admin/workflow/pipeline/",
    "/admin/workflow/pipeline/{pipeline}/change/",
    "/admin/workflow/",
    "/admin/workflow/delivery/",
    "/admin/portal/identity/add/",
    "/admin/password_change/",
    "/admin/feedback/letter/",
    LEDGER,
]


@pytest.mark.parametrize("address", SCREENS)
def test_the_way_back_leads_to_the_desk_by_its_name(newsroom, as_user, address):
    response = as_user("admin").get(address.format(pipeline=pipeline()))
    assert response.status_code == 200
    assert breadcrumb(response).startswith("工作台")
    assert "首页 ›" not in text_of(response)


def test_visitors_still_find_the_home_page_by_its_name(newsroom, client):
    page = client.get(newsroom.published().get_absolute_url()).content.decode()
    assert '<li><a href="/">首页</a></li>' in page


def test_a_list_says_how_many_it_holds(newsroom, as_user):
    assert f"共 {len(newsroom.people)} 条" in text_of(as_user("admin").get(PEOPLE))


def test_an_empty_list_and_one_in_which_nothing_was_found_say_so(newsroom, as_user):
    admin = as_user("admin")
    assert "暂无发送" in text_of(admin.get("/admin/workflow/delivery/"))
    assert "没有找到" in text_of(admin.get(f"{PEOPLE}?q=没有这个人"))


def test_each_cell_of_a_list_says_which_column_it_belongs_to(newsroom, as_user):
    page = Page(as_user("admin").get(PEOPLE))
    assert len(page.having("th", **{"data-label": "用户名", "role": "rowheader"})) == len(newsroom.people)
    assert len(page.having("td", **{"data-label": "姓名", "role": "cell"})) == len(newsroom.people)
    assert page.having("td", **{"data-label": "电话", "data-empty": "yes"})


def test_a_heading_or_name_with_signs_of_html_stays_text(newsroom, as_user):
    newsroom.drafter.full_name = '"><script>alert(1)</script>'
    newsroom.drafter.save()
    page = as_user("admin").get(PEOPLE).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_labels_of_forms_end_in_a_full_width_colon(newsroom, as_user):
    for address in (f"{PEOPLE}add/", f"/admin/workflow/pipeline/{pipeline()}/change/", "/admin/portal/identity/add/"):
        labels = re.findall(r"<label[^>]*>([^<]*)</label>", as_user("admin").get(address).content.decode())
        assert labels
        assert [label for label in labels if label.strip().endswith(":")] == []


def test_the_page_of_a_person_says_that_there_is_a_password_and_not_how_it_is_hashed(newsroom, as_user):
    admin = as_user("admin")
    said = text_of(admin.get(f"{PEOPLE}{newsroom.drafter.pk}/change/"))
    assert "已设置密码" in said
    assert "md5" not in said.lower()
    newsroom.drafter.set_unusable_password()
    newsroom.drafter.save()
    assert "未设置密码" in text_of(admin.get(f"{PEOPLE}{newsroom.drafter.pk}/change/"))


def test_the_steps_of_a_pipeline_are_saved_from_their_lines(newsroom, as_user):
    admin = as_user("admin")
    address = f"/admin/workflow/pipeline/{pipeline()}/change/"
    fields = Page(admin.get(address)).fields
    assert {"steps-0-name", "steps-0-role", "steps-0-due_hours"} <= set(fields)
    ticked = dict.fromkeys(("is_default", "is_active", "steps-0-is_active", "steps-1-is_active"), "on")
    answer = admin.post(address, {**fields, **ticked, "steps-0-name": "初审", "_save": "保存"})
    assert answer.status_code == 302
    assert "初审 →" in text_of(admin.get("/admin/workflow/pipeline/"))
