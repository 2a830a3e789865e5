"""Old addresses redirect to public articles and nothing else."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Publication
from departments.models import Department, DepartmentKind
from departments.services import save_department
from ledger.models import Entry
from ledger.verification.checks import mismatches
from legacy import old_addresses
from legacy.models import ImportedPage, OldAddress
from tests.factories import expired, nothing_changes
from tests.ledger.attacker import tamper, undone
from tests.ledger.auditor import named
from tests.legacy.samples import SMALL
from workflow import services

pytestmark = pytest.mark.django_db

ART = "/art/2013/10/30/art_1234_5678.html"


@pytest.fixture
def live(newsroom):
    return newsroom.published()


@pytest.fixture
def lead(newsroom):
    """Sets an old address, as the superuser does."""

    def add(address, article=None, department=None):
        return old_addresses.create_old_address(address, article=article, department=department, by=newsroom.admin)

    return add


def refused(add, *args, **kwargs):
    """The message with which an address is refused; nothing is stored."""
    with nothing_changes(), pytest.raises(ValidationError) as error:
        add(*args, **kwargs)
    return " ".join(error.value.messages)


@pytest.mark.parametrize(
    "address", [ART, "/index.php?id=5", "/Article/ShowArticle.asp?ArticleID=12", "/xinwen/2013/", "/a.asp?b=2&a=1"]
)
def test_an_address_of_the_old_site_leads_to_the_article(client, live, lead, address):
    """Scenario 33."""
    assert client.get(address).status_code == 404
    lead(address, live.article)
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (301, live.get_absolute_url())
    assert client.head(address)["Location"] == live.get_absolute_url()
    assert client.get(answer["Location"]).status_code == 200


def test_an_address_of_the_old_site_leads_to_a_department(client, newsroom, lead):
    """Scenario 33."""
    lead("/col/col55/index.html", department=newsroom.department)
    answer = client.get("/col/col55/index.html")
    assert (answer.status_code, answer["Location"]) == (301, f"/{newsroom.department.slug}/")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (f"http://www.old.example{ART}", ART),
        (f"HTTPS://WWW.Old.Example:8080{ART}#top", ART),
        (f"  //old.example{ART} ", ART),
        ("/list/12/", "/list/12"),
        ("/list/12", "/list/12/"),
        ("/通知/示例.html", "/%E9%80%9A%E7%9F%A5/%E7%A4%BA%E4%BE%8B.html"),
        ("/通知/示例.html", quote("/通知/示例.html", encoding="gbk")),
        (quote("/通知/示例.html", encoding="gbk"), quote("/通知/示例.html")),
        ("/模.html", quote("/模.html", encoding="gbk")),  # these bytes are UTF-8 too, of another letter
        ("/s.asp?t=%CA%BE%C0%FD&n=1", "/s.asp?t=示例&n=1"),
        ("/s.asp?t=%CD%A8%D6%AA&n=1", "/s.asp?t=%cd%a8%d6%aa&n=1"),  # 通知 in GBK, which is UTF-8 too
        ("/s.asp?t=a+b", "/s.asp?t=a%20b"),
        ("/a b.html", "/a%20b.html"),
        ("http://old.example/a.php?u=a%26b", "/a.php?u=a%26b"),
    ],
)
def test_an_address_is_found_however_it_is_written(client, live, lead, typed, asked):
    lead(typed, live.article)
    assert client.get(asked).headers.get("Location") == live.get_absolute_url()


@pytest.mark.parametrize("asked", ["/a.asp?a=1&b=2", "/a.asp?b=2", "/a.asp", "/A.asp?b=2&a=1", "/a.asp?b=2%26a=1"])
def test_another_address_is_not_found(client, live, lead, asked):
    lead("/a.asp?b=2&a=1", live.article)
    assert client.get(asked).status_code == 404


def test_it_leads_to_where_the_article_is_now(client, newsroom, live, lead):
    lead(ART, live.article)
    services.move(live.article, by=newsroom.admin, to=newsroom.elsewhere)
    assert client.get(ART)["Location"] == f"/{newsroom.elsewhere.slug}/{live.article_id}/"


def test_an_article_that_is_not_public_is_not_given_away(client, newsroom, lead):
    """Scenario 33. It leads there from the moment of publication, and not before."""
    article = newsroom.draft()
    lead(ART, article)
    assert client.get(ART).status_code == 404
    newsroom.published(article, at=timezone.now() + timedelta(days=1))
    unknown = client.get("/art/unknown.html")
    answer = client.get(ART)
    assert (answer.status_code, answer.content) == (404, unknown.content)


def test_a_publication_that_was_called_off_is_not_given_away(client, newsroom, lead):
    publication = newsroom.published(at=timezone.now() + timedelta(days=1))
    lead(ART, publication.article)
    services.unschedule(publication.article, by=newsroom.publisher, reason="暂缓")
    assert client.get(ART).status_code == 404


def test_a_withdrawn_article_answers_with_its_notice(client, newsroom, live, lead):
    """Scenario 31."""
    lead(ART, live.article)
    services.withdraw(live.article, by=newsroom.publisher, reason="有误", notice="本文已撤下。")
    answer = client.get(ART, follow=True)
    assert answer.redirect_chain == [(live.get_absolute_url(), 301)]
    assert answer.status_code == 410 and "本文已撤下。" in answer.content.decode()


def test_an_article_whose_time_has_run_out_answers_that_it_is_gone(client, live, lead):
    lead(ART, live.article)
    expired(live)
    assert client.get(ART, follow=True).status_code == 410


def test_nothing_but_reading_is_led_on(client, live, lead):
    lead(ART, live.article)
    for method in ("post", "put", "delete", "options"):
        assert getattr(client, method)(ART).status_code == 404


def test_a_browser_does_not_keep_the_answer_for_ever(client, live, lead):
    """Set wrongly, it can be deleted and set right."""
    lead(ART, live.article)
    assert client.get(ART)["Cache-Control"] == "max-age=3600"


def test_an_address_of_the_present_site_is_refused(newsroom, live, lead):
    here = newsroom.department.slug
    present = [
        "/",
        "/?id=5",
        "http://old.example",
        "/robots.txt",
        "/sitemap.xml",
        "/search/",
        "/search",
        "/admin/x/y/z",
    ]
    present += ["/files/2013/a.doc", f"/{here}/", f"/{here}?page=2", f"/{here}/77/", live.get_absolute_url()]
    for address in present:
        assert "站" in refused(lead, address, live.article) or "present site" in refused(lead, address, live.article)


def test_a_department_that_takes_the_address_later_stands_before_it(client, newsroom, live, lead):
    lead("/jiguan/", live.article)
    assert client.get("/jiguan/").status_code == 301
    save_department(Department(name="机关", slug="jiguan"), by=newsroom.admin)
    assert client.get("/jiguan/").status_code == 200


@pytest.mark.parametrize(
    "address", ["art/1.html", "www.old.example/a", "javascript:alert(1)", "/%ff%ff", "/" + "长" * 501, ""]
)
def test_what_is_no_address_is_refused(live, lead, address):
    assert refused(lead, address, live.article)


def test_an_address_leads_to_one_thing_inside_the_site(newsroom, live, lead):
    assert refused(lead, ART)
    assert refused(lead, ART, live.article, newsroom.department)
    link = Department(name="外部", kind=DepartmentKind.LINK, url="https://elsewhere.example/")
    save_department(link, by=newsroom.admin)
    assert refused(lead, ART, department=link)
    lead(ART, live.article)
    assert refused(lead, f"http://old.example{ART}/", department=newsroom.department)


def test_the_database_refuses_an_address_that_leads_nowhere_or_outside(newsroom, live):
    facts = {"made_by": newsroom.admin, "made_by_name": "甲"}
    for wrong in ({"address": ART}, {"address": "https://elsewhere.example/", "article": live.article}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OldAddress.objects.create(**wrong, **facts)


def test_a_request_that_nothing_answers_asks_for_old_addresses_once_and_a_long_one_never(client, live, lead):
    lead(ART, live.article)

    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return [query["sql"] for query in queries if "legacy_oldaddress" in query["sql"]], len(queries)

    assert [len(asked(address)[0]) for address in ("/nothing.html", quote("/没有.html", encoding="gbk"))] == [1, 1]
    assert asked(ART)[1] == 4  # for address, article, and departments, which are remembered outside a transaction
    assert asked("/" + "a" * 5000)[0] == asked(f"/a.asp?{'a' * 501}")[0] == asked("/admin/nothing/")[0] == []


def test_setting_and_deleting_stand_in_the_ledger(newsroom, live, lead):
    """Scenario 50."""
    made = lead(ART, live.article)
    number = str(made.pk)
    old_addresses.delete_old_address(made, by=newsroom.admin)
    set_, deleted = Entry.objects.filter(verb__startswith="old_address.")
    data = {"address": ART, "article": live.article_id, "department": None}
    assert [(entry.verb, entry.object_id, entry.actor_id, entry.data) for entry in (set_, deleted)] == [
        ("old_address.created", number, newsroom.admin.pk, data),
        ("old_address.deleted", number, newsroom.admin.pk, data),
    ]


def test_an_address_set_changed_or_deleted_behind_the_sites_back_is_named(newsroom, live, lead):
    """Scenario 44."""
    kept, gone = lead(ART, live.article), lead("/b.html", live.article)
    assert list(mismatches()) == []
    OldAddress.objects.filter(pk=kept.pk).update(article=None, department=newsroom.elsewhere)
    OldAddress.objects.filter(pk=gone.pk).delete()
    OldAddress.objects.create(address="/c.html", article=live.article, made_by=newsroom.admin, made_by_name="甲")
    found = "\n".join(mismatches())
    assert f"old address {kept.pk} ({ART}): differs" in found
    assert f"old address {gone.pk} (/b.html): stands in the ledger, but is gone" in found
    assert "(/c.html): set outside the site" in found


def test_an_address_that_was_changed_in_the_database_leads_nowhere(newsroom, client, live, lead):
    """Scenario 56."""
    made, other = lead(ART, live.article), newsroom.published()
    assert client.get(ART).status_code == 301
    changes = {"article_id": other.article_id, "address": "/other.html", "seal_signature": "0" * 128}
    for column, value in changes.items():
        with undone():
            tamper(f"UPDATE legacy_oldaddress SET {column} = %s WHERE id = %s", [value, made.pk])
            assert client.get(ART).status_code == client.get("/other.html").status_code == 404, column
            assert named(f"old address {made.pk}"), column


def test_an_address_does_not_lead_to_a_slug_that_was_changed_in_the_database(newsroom, client, live, lead):
    """Scenario 56."""
    lead(ART, live.article)
    lead("/b.html", department=newsroom.department)
    tamper("UPDATE departments_department SET slug = '/evil.example' WHERE id = %s", [newsroom.department.pk])
    assert client.get(ART).status_code == client.get("/b.html").status_code == 404


# The desk.


@pytest.fixture
def desk(newsroom):
    client = Client()
    client.force_login(newsroom.admin)
    return client


ADMIN = "/admin/legacy/oldaddress/"


def test_a_superuser_sets_and_deletes_an_address_at_the_desk(desk, client, live):
    sent = desk.post(f"{ADMIN}add/", {"address": f"http://old.example{ART}", "article": live.article_id})
    assert sent.status_code == 302
    made = OldAddress.objects.get()
    assert client.get(ART)["Location"] == live.get_absolute_url()
    assert ART in desk.get(ADMIN).content.decode()
    desk.post(f"{ADMIN}{made.pk}/delete/", {"post": "yes"})
    assert client.get(ART).status_code == 404
    assert Entry.objects.filter(verb__startswith="old_address.").count() == 2


def test_a_form_with_a_wrong_address_keeps_what_was_typed(desk, live):
    with nothing_changes():
        page = desk.post(f"{ADMIN}add/", {"address": "/search/?q=1", "article": live.article_id})
    assert page.status_code == 200
    assert page.context["adminform"].form.errors.keys() == {"address"}
    assert 'value="/search/?q=1"' in page.content.decode()


def test_nobody_changes_an_address_and_nobody_but_a_superuser_sets_one(desk, newsroom, live, lead):
    made = lead(ART, live.article)
    drafter = Client()
    drafter.force_login(newsroom.drafter)
    with nothing_changes():
        assert desk.post(f"{ADMIN}{made.pk}/change/", {"address": "/b"}).status_code == 403
        for address in (f"{ADMIN}add/", f"{ADMIN}{made.pk}/delete/", ADMIN):
            assert drafter.post(address, {"address": "/b", "post": "yes"}).status_code == 403


# Saved pages.

PAGES = {
    "saved": (
        "<!-- saved from url=(0042)http://old.example/art/1.html?a=1&b=2 --><html><link rel=canonical href=/2.html>",
        "/art/1.html?a=1&b=2",
    ),
    "canonical": (
        '<html><head><base href="http://old.example/x/"><link rel="canonical" href="2.html"></head>',
        "/x/2.html",
    ),
    "base": ('<html><head><base href="http://old.example/art/3.html"></head>', "/art/3.html"),
    "folder": ('<html><head><base href="http://old.example/art/"></head>', None),
    "local": ("<!-- saved from url=(0014)about:internet --><html>", None),
    "broken": ('<html><head><base href="http://["><link rel="canonical" href="x"></head>', None),
    "nothing": ("<html>", None),
    "reserved": ('<html><head><link rel="canonical" href="http://old.example/search/"></head>', None),
}


def bring_in(newsroom, tmp_path, head, name="page.html"):
    words = SMALL.replace("首 页 > 部门文件", f"首 页 > {newsroom.department.name}")
    file = tmp_path / name
    file.write_text(head + "".join(f"<p>{line}</p>" for line in words.splitlines()), encoding="utf-8")
    call_command("import_legacy", str(file), username=newsroom.drafter.username, no_color=True)
    return ImportedPage.objects.get(name=name)


@pytest.mark.parametrize("kind", PAGES)
def test_a_saved_page_that_carries_its_address_brings_it_along(newsroom, tmp_path, client, kind, capsys):
    """Scenario 33."""
    head, address = PAGES[kind]
    imported = bring_in(newsroom, tmp_path, head)
    assert list(imported.article.old_addresses.values_list("address", flat=True)) == ([address] if address else [])
    assert any("old address" in note for note in imported.report["notes"]) == (
        address is not None or kind == "reserved"
    )
    if address:
        assert client.get(address).status_code == 404
        newsroom.published(imported.article)
        assert client.get(address)["Location"] == Publication.objects.get().get_absolute_url()
        assert address in capsys.readouterr().out


def test_two_pages_that_claim_one_address_are_imported_and_the_report_says_which_has_it(newsroom, tmp_path):
    first = bring_in(newsroom, tmp_path, PAGES["base"][0])
    second = bring_in(newsroom, tmp_path, PAGES["base"][0] + "<!-- again -->", "second.html")
    assert OldAddress.objects.get().article == first.article
    assert any("will not lead here" in note for note in second.report["notes"])
