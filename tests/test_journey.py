"""The main job end to end, over HTTP and by commands."""

import io
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from articles.models import Article
from departments.models import Department, Role
from tests.legacy.samples import REAL, TITLE
from tests.workflow.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases("the whole of the product, once on each")]

QUEUE = "/admin/workflow/round/"
PASSWORD = "a long and quiet morning"
PEOPLE = {"wang": ("王拟稿", "drafter"), "li": ("李审核", "reviewer"), "zhao": ("赵签发", "publisher")}


def run(command: str, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, no_color=True, **options)
    return out.getvalue()


class Somebody:
    """A person at a browser. What a page holds in its fields is sent along with what they type."""

    def __init__(self, username: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
        if username:
            self.opens("/admin/login/")
            self.sends(username=username, password=PASSWORD)
            assert self.address == "/admin/", self.text

    def opens(self, address: str, status: int = 200) -> "Somebody":
        return self._shown(self.client.get(address, follow=True), address, status)

    def sends(self, status: int = 200, to: str = "", **words: Any) -> "Somebody":
        """Presses a button of the page: `words` are what was typed, and the button's own name and value."""
        address = to or self.address
        return self._shown(self.client.post(address, {**self.page.fields, **words}, follow=True), address, status)

    def _shown(self, response: Any, address: str, status: int) -> "Somebody":
        assert response.status_code == status, response.content.decode()
        self.address = response.redirect_chain[-1][0] if response.redirect_chain else address
        self.page, self.html = Page(response), response.content.decode()
        self.text = " ".join(re.sub(r"<[^>]+>", " ", self.html).split())
        return self

    def links(self, words: str) -> list[str]:
        """Where the links lead in which `words` stand."""
        links = re.findall(r'<a\b[^>]*href="([^"]+)"[^>]*>(.*?)</a>', self.html, re.DOTALL)
        return [address for address, inner in links if words in re.sub(r"<[^>]+>", "", inner)]

    def follows(self, words: str) -> "Somebody":
        """Clicks the first of them."""
        assert self.links(words), self.text
        return self.opens(self.links(words)[0])

    def sees(self, *words: str) -> "Somebody":
        for expected in words:
            assert expected in self.text, expected
        return self

    def sees_nothing_of(self, *words: str) -> "Somebody":
        for unexpected in words:
            assert unexpected not in self.text, unexpected
        return self


@pytest.fixture(autouse=True)
def site(settings, tmp_path, monkeypatch):
    """Given a site whose superuser has made a department and granted its people their roles."""
    settings.LEDGER_HEAD_FILE = tmp_path / "ledger-heads.jsonl"
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    run("createsuperuser", interactive=False, username="chen", full_name="陈管理")
    admin = Somebody("chen")
    admin.opens("/admin/departments/department/add/")
    admin.sends(kind="department", name="组织建设", slug="zuzhi", is_visible="on")
    department = Department.objects.get(slug="zuzhi").pk
    for username, (full_name, code) in PEOPLE.items():
        admin.opens("/admin/accounts/user/add/")
        admin.sends(username=username, full_name=full_name, password1=PASSWORD, password2=PASSWORD)
        person, role = User.objects.get(username=username).pk, Role.objects.get(code=code).pk
        admin.opens("/admin/departments/membership/add/")
        admin.sends(person=person, role=role, department=department)


def given_an_imported_page() -> str:
    """Its address, once it is public."""
    run("import_legacy", str(REAL), username="wang")
    return f"/zuzhi/{Article.objects.get().pk}/"


def given_a_published_article(title: str, body: str) -> str:
    """Its address."""
    drafter = Somebody("wang").opens("/admin/articles/article/add/")
    drafter.sends(title=title, body=body, _submit="1")
    when_both_leaders_approve(title)
    return f"/zuzhi/{Article.objects.get().pk}/"


def when_the_drafter_submits(found_as: str, **typed: str) -> None:
    """From the desk's first page, where drafts and returned texts are listed."""
    drafter = Somebody("wang").opens("/admin/").follows(found_as)
    drafter.sends(**typed, _submit="1")
    assert drafter.address.endswith("/overview/"), drafter.text


def when_somebody_decides(username: str, title: str, verdict: str, comment: str = "") -> None:
    somebody = Somebody(username).opens(QUEUE).follows(title)
    assert somebody.address.endswith("/review/"), f"{title} does not wait for {username}"
    somebody.sends(verdict=verdict, comment=comment)
    then_nothing_waits_for(username)


def then_nothing_waits_for(username: str) -> None:
    assert not [link for link in Somebody(username).opens(QUEUE).links("") if link.endswith("/review/")]


def when_both_leaders_approve(title: str) -> None:
    for username in ("li", "zhao"):
        when_somebody_decides(username, title, "approve")


def then_it_is_not_public(title: str, address: str) -> None:
    visitor = Somebody().opens(address, status=404)
    for place in ("/", "/zuzhi/", "/search/?q=群众路线", "/feed/", "/sitemap.xml"):
        visitor.opens(place).sees_nothing_of(title, address)


def then_visitors_find_it(title: str, address: str) -> None:
    visitor = Somebody()
    for place in ("/", "/zuzhi/", "/search/?q=群众路线", "/search/?q=工委办公室"):
        assert visitor.opens(place).follows(title).address == address, place
    for place in ("/feed/", "/zuzhi/feed/"):
        assert address in visitor.opens(place).html, place
    assert any(address in page for page in sitemap_pages(visitor))


def sitemap_pages(visitor: "Somebody") -> list[str]:
    """The site map, and the parts that it names where articles are many (their numbers are high)."""
    whole = visitor.opens("/sitemap.xml").html
    return [whole, *(visitor.opens(part).html for part in re.findall(r"<loc>http://testserver(/sitemap-[^<]+)", whole))]


def then_a_visitor_is_counted_once_and_staff_never(address: str) -> None:
    counter = f"/reads/{address.split('/')[2]}/"
    for reader in (visitor := Somebody(), visitor, Somebody("wang")):
        assert reader.client.post(counter, HTTP_ORIGIN="http://testserver").json() == {"reads": 1}
    assert re.search(r'id="reads"[^>]*>1<', visitor.opens(address).html)


def then_everything_verifies() -> None:
    assert re.search(r"\d+:[0-9a-f]{64}", run("verify"))


def test_an_old_page_is_imported_submitted_returned_mended_signed_off_and_read():
    address = given_an_imported_page()
    then_it_is_not_public(TITLE, address)

    when_the_drafter_submits(TITLE, title=f"{TITLE}！", source="工委办公室")
    then_nothing_waits_for("zhao")
    when_somebody_decides("li", TITLE, "return", "标题不用感叹号。")
    then_it_is_not_public(TITLE, address)

    Somebody("wang").opens("/admin/").follows(TITLE).sees("标题不用感叹号。", "李审核")
    when_the_drafter_submits(TITLE, title=TITLE)
    Somebody("li").opens(QUEUE).follows(TITLE).sees("标题不用感叹号。")
    when_somebody_decides("li", TITLE, "approve", "同意送签。")
    then_it_is_not_public(TITLE, address)
    Somebody("zhao").opens(QUEUE).follows(TITLE).sees("同意送签。")
    when_somebody_decides("zhao", TITLE, "approve", "同意发布。")

    then_visitors_find_it(TITLE, address)
    visitor = Somebody().opens(address)
    visitor.sees("组织建设", TITLE, "2014-02-07", "韩兴国", "工委办公室", "三个注重", "(工委组织部)")
    visitor.sees_nothing_of("感叹号", "版权所有", "娱乐")
    then_a_visitor_is_counted_once_and_staff_never(address)
    assert Somebody().opens(address.replace("zuzhi", "elsewhere")).address == address
    story = Somebody("wang").opens(f"/admin/articles/article/{address.split('/')[2]}/overview/").text
    told = [story.rindex(opinion) for opinion in ("同意发布。", "同意送签。", "标题不用感叹号。")]
    assert told == sorted(told)  # the newest first
    then_everything_verifies()


def test_a_published_article_is_corrected_while_visitors_go_on_reading_and_withdrawn_in_the_end():
    address = given_a_published_article("植树通知", "<p>三月十二日在东郊植树。</p>")
    desk = f"/admin/articles/article/{address.split('/')[2]}"

    drafter = Somebody("wang").opens(f"{desk}/overview/")
    drafter.sends(to=f"{desk}/act/revise/").sends(body="<p>三月十二日在西郊植树。</p>", _submit="1")
    Somebody().opens(address).sees("东郊").sees_nothing_of("西郊")
    when_both_leaders_approve("植树通知")
    Somebody().opens(address).sees("西郊").sees_nothing_of("东郊")

    publisher = Somebody("zhao").opens(f"{desk}/overview/")
    words = {"withdraw-reason": "雨天改期", "withdraw-notice": "活动改期，请等候通知。"}
    publisher.sends(to=f"{desk}/act/withdraw/", **words)
    Somebody().opens(address, status=410).sees("活动改期，请等候通知。").sees_nothing_of("西郊", "雨天改期")
    then_it_is_gone_from_lists("植树通知", address)
    then_everything_verifies()


def then_it_is_gone_from_lists(title: str, address: str) -> None:
    for place in ("/", "/zuzhi/", "/search/?q=西郊", "/feed/", "/zuzhi/feed/", "/sitemap.xml"):
        Somebody().opens(place).sees_nothing_of(title, address)
