"""Import of people: preview, all or nothing, ledger entries."""

import base64
import io
import re
import zipfile

import openpyxl
import pytest
from django.conf.global_settings import PASSWORD_HASHERS
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from departments import people_import
from departments.models import Membership
from ledger.models import Entry
from tests.factories import nothing_changes
from tests.workflow.pages import Page

pytestmark = pytest.mark.django_db
IMPORT = "/admin/departments/membership/import/"
HEAD = "用户名,姓名,邮箱,电话,角色,栏目\n"


@pytest.fixture
def admin(newsroom):
    client = Client()
    client.force_login(newsroom.admin)
    return client


def bring(client, text, name="people.csv", encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return client.post(IMPORT, {"table": SimpleUploadedFile(name, data)})


def confirm(client, page):
    return client.post(IMPORT, {"rows": Page(page).fields["rows"]})


def xlsx(rows, formula=None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if formula:
        book.active["B2"] = formula
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_new_people_get_accounts_roles_and_a_password_that_is_shown_once(newsroom, admin, settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    table = f"{HEAD}wang,王一,w@example.org,010 1234567,拟稿人,组织建设\nwang,王一,,,审核人,全站\nli,李二,,,,\n"
    page = bring(admin, table)
    assert not User.objects.filter(username="wang").exists()
    assert "新建账号" in page.content.decode() and "授予角色“审核人”" in page.content.decode()
    done = confirm(admin, page)
    wang = User.objects.get(username="wang")
    assert set(wang.memberships.values_list("role__code", "department")) == {
        ("drafter", newsroom.department.pk),
        ("reviewer", None),
    }
    made = {person.username: password for person, password in done.context["new_people"]}
    assert set(made) == {"wang", "li"} and wang.check_password(made["wang"])
    assert made["wang"] in done.content.decode() and "no-store" in done["Cache-Control"]
    rehashed, *verbs = Entry.objects.order_by("-number").values_list("verb", flat=True)[:5]
    assert verbs == ["role.granted", "role.granted", "person.created", "person.created"]
    assert rehashed == "person.password_rehashed"  # by check_password above: passwords of an import are hashed quickly
    assert Entry.objects.filter(verb="role.granted").latest("number").actor_id == newsroom.admin.pk
    assert made["wang"] not in str(list(Entry.objects.values_list("data", flat=True)))


def test_somebody_who_is_there_gets_only_the_roles_that_they_lack(newsroom, admin):
    drafter = newsroom.drafter
    facts = f"{drafter.username},{drafter.full_name},,"
    table = f"{HEAD}{facts},拟稿人,组织建设\n{facts},审核人,教育培训\n"
    page = bring(admin, table)
    assert "已有此角色" in page.content.decode()
    done = confirm(admin, page)
    assert done.context["new_people"] == [] and done.context["granted_count"] == 1
    assert drafter.memberships.count() == 2
    again = bring(admin, table)
    assert "均已存在" in again.content.decode() and "rows" not in Page(again).fields


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a b,王,,,,", "用户名"),
        ("wang,,,,,", "姓名"),
        ("wang,王,not-an-address,,,", "电子邮箱"),
        ("wang,王,,abc,,", "电话"),
        ("wang,王,,,没有的角色,", "没有“没有的角色”这个角色"),
        ("wang,王,,,拟稿人,没有的栏目", "没有“没有的栏目”这个栏目"),
        ("wang,王,,,,组织建设", "没有填角色"),
    ],
)
def test_a_row_that_cannot_be_done_is_named_and_holds_up_all(newsroom, admin, row, words):
    with nothing_changes():
        page = bring(admin, f"{HEAD}li,李,,,,\n{row}\n")
    assert words in page.content.decode() and "rows" not in Page(page).fields


def test_another_person_with_the_same_user_name_is_not_overwritten(newsroom, admin):
    with nothing_changes():
        page = bring(admin, f"{HEAD}{newsroom.drafter.username},别人,,,,\n")
    assert "属于" in page.content.decode()


def test_a_deactivated_person_is_not_let_in_by_a_table(newsroom, admin):
    newsroom.drafter.is_active = False
    newsroom.drafter.save()
    with nothing_changes():
        page = bring(admin, f"{HEAD}{newsroom.drafter.username},{newsroom.drafter.full_name},,,审核人,\n")
    assert "已停用" in page.content.decode()


def test_tables_of_old_and_new_programs_are_read(newsroom, admin):
    table = f"{HEAD}wang,王一,,,拟稿人,组织建设\n"
    assert bring(admin, table, encoding="gb18030").context["plan"].is_possible
    rows = [
        ["用户名", "姓名", "电话", "角色", "栏目"],
        ["wang", "王一", 13800000000, "拟稿人", newsroom.department.slug],
    ]
    planned = bring(admin, xlsx(rows), "people.xlsx").context["plan"]
    assert planned.is_possible and planned.rows[0].phone == "13800000000"


def test_a_formula_in_a_cell_is_not_run_but_taken_for_nothing(newsroom, admin):
    rows = [["用户名", "姓名"], ["wang", "王一"]]
    page = bring(admin, xlsx(rows, formula='=HYPERLINK("http://example.org")'), "people.xlsx")
    assert not page.context["plan"].is_possible
    assert "公式" in page.content.decode()


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "-2", "＝1", "王\0一", "王\u200b一"])
def test_a_cell_that_is_no_plain_text_is_named_before_anything_happens(newsroom, admin, cell):
    with nothing_changes():
        page = bring(admin, f"{HEAD}wang,{cell},,,,\n")
        assert not page.context["plan"].is_possible and "公式" in page.content.decode()
        page = bring(admin, f"{HEAD}wa\0ng,王一,,,,\n")
        assert not page.context["plan"].is_possible


def repacked(data, change):
    """The package `data` with each member as `change(name, content)` returns it; None leaves it out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            if (content := change(name, before.read(name))) is not None:
                after.writestr(name, content)
    return out.getvalue()


def test_a_file_with_macros_is_refused(newsroom, admin):
    book = xlsx([["用户名", "姓名"], ["wang", "王一"]])
    out = io.BytesIO(book)
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("xl/vbaProject.bin", b"x")
    with nothing_changes():
        page = bring(admin, out.getvalue(), "people.xlsm")
    assert page.status_code == 400 and "宏" in page.content.decode()


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"]
)
def test_a_damaged_workbook_is_refused_with_words(newsroom, admin, part):
    book = xlsx([["用户名", "姓名"], ["wang", "王一"]])
    cut = repacked(book, lambda name, content: content[: len(content) // 2] if name == part else content)
    gone = repacked(book, lambda name, content: None if name == part else content)
    with nothing_changes():
        for data in (cut, gone):
            page = bring(admin, data, "people.xlsx")
            assert page.status_code == 400 and "Traceback" not in page.content.decode()


def test_a_user_name_typed_wide_is_the_same_user_name(newsroom, admin):
    page = bring(admin, f"{HEAD}ｗａｎｇ,王　一,,,拟稿人,组织建设\nwang,王一,,,,\n")
    assert "属于" in page.content.decode()
    page = bring(admin, f"{HEAD}ｗａｎｇ,王　一,,,拟稿人,组织建设\n")
    confirm(admin, page)
    assert User.objects.get(username="wang").full_name == "王 一"


def test_the_first_password_is_hashed_in_full_at_the_first_sign_in(newsroom, admin, settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    done = confirm(admin, bring(admin, f"{HEAD}wang,王一,,,拟稿人,组织建设\n"))
    before = User.objects.get(username="wang").password
    ((_person, password),) = done.context["new_people"]
    assert not User.objects.get(username="wang").check_password("something else")
    assert User.objects.get(username="wang").check_password(password)
    after = User.objects.get(username="wang").password
    assert int(after.split("$")[1]) > int(before.split("$")[1])


def test_the_passwords_can_be_saved_as_a_table(newsroom, admin):
    done = confirm(admin, bring(admin, f"{HEAD}wang,王一,,,,\n")).content.decode()
    table = base64.b64decode(re.search(r"data:text/csv;base64,([^\"]+)", done)[1]).decode("utf-8-sig")
    assert [line.split(",")[:2] for line in table.splitlines()[1:]] == [["wang", "王一"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "表头"),
        (b"a,b\n1,2\n", "表头"),
        (HEAD.encode(), "没有数据"),
        (b"\xff\xfe\x00\x01\x81", "CSV"),
        (b"PK\x03\x04 broken", ".xlsx"),
        (HEAD.encode() + b"w,w,,,,\n" * 1001, "1000 行"),
        (b"x" * (people_import.MAX_TABLE_BYTES + 1), "2 MB"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_words(newsroom, admin, data, words):
    with nothing_changes():
        page = bring(admin, data)
    assert page.status_code == 400 and words in page.content.decode()


def test_only_superusers_import_and_only_what_they_were_shown(newsroom, admin, client):
    client.force_login(newsroom.publisher)
    with nothing_changes():
        assert client.get(IMPORT).status_code == 403
        assert bring(client, f"{HEAD}wang,王,,,,\n").status_code == 403
        assert client.get(f"{IMPORT}template.csv").status_code == 403
        forged = admin.post(IMPORT, {"rows": '[{"line": 2, "username": "evil", "full_name": "x"}]'})
    assert forged.status_code == 400 and "重新上传" in forged.content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(newsroom.admin)
    assert strict.post(IMPORT, {"rows": "x"}).status_code == 403


def test_somebody_made_meanwhile_stops_it_all(newsroom, admin):
    page = bring(admin, f"{HEAD}wang,王,,,审核人,\nli,李,,,,\n")
    User.objects.create_user("wang", full_name="另一个")
    with nothing_changes():
        answer = confirm(admin, page)
    assert answer.status_code == 400
    assert not Membership.objects.filter(person__username="wang").exists()


def test_the_template_is_a_table_that_can_be_filled_and_lists_lead_to_the_page(newsroom, admin):
    template = admin.get(f"{IMPORT}template.csv").content.decode("utf-8-sig")
    assert bring(admin, f"{template}wang,王一,,,,\n").context["plan"].is_possible
    for address in ("/admin/accounts/user/", "/admin/departments/membership/"):
        assert IMPORT in admin.get(address).content.decode()
