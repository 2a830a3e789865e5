"""Patrol 巡查: served pages compared with sealed data."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from articles.models import Publication
from departments.models import DepartmentKind
from ledger.models import Alarm
from portal import identity
from portal.models import Identity
from portal.patrol.client import SiteClient
from portal.patrol.crawler import Patrol
from portal.patrol.parser import parse_page, tokenize_html
from tests.factories import SITE_IDENTITY, Newsroom, department, person
from tests.ledger.attacker import tamper
from workflow import services

pytestmark = pytest.mark.django_db(transaction=True)

BODY = '<h2>一、要求</h2><p>请看<a href="https://www.gov.cn/zhengce/" rel="noopener noreferrer">原文</a>。<br>完</p>'
FOLDER = django_settings.BASE_DIR / "templates"


@pytest.fixture
def newsroom(live_server, fresh_record):
    """A site with a menu, a footer, articles in two departments, and one superuser with an address."""
    room = Newsroom.open()
    identity.save_identity(Identity(**SITE_IDENTITY), by=room.admin)
    department("返回主站", room.admin, kind=DepartmentKind.LINK, slug=None, url="https://www.gov.cn/")
    now = timezone.now()
    for number in range(3):
        room.published(title=f"第{number}号通知", body=BODY, dated=now - timedelta(days=number + 1))
    room.published(title="只是链接", body="", address="https://www.ah.gov.cn/", columns=[room.elsewhere])
    person("superuser", is_superuser=True, email="superuser@example.org")
    return room


@pytest.fixture
def patrol(live_server, newsroom, settings):
    """The lines of one walk; none when all is well."""
    settings.SITE_URL = live_server.url

    def walk(**options) -> list[str]:
        said = StringIO()
        try:
            call_command("patrol", url=live_server.url, stdout=said, **options)
        except CommandError as error:
            return said.getvalue().splitlines() or [str(error)]
        return []

    return walk


@pytest.fixture
def template(settings, tmp_path):
    """Changes a template of the site while the server runs."""

    def change(name: str, old: str, new: str) -> None:
        text = (FOLDER / name).read_text()
        assert old in text
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace(old, new, 1))
        [engine] = settings.TEMPLATES
        settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]

    return change


class Stale(BaseHTTPRequestHandler):
    """A cache that was set up badly: whatever is asked for, it still has."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write("<h1>旧文</h1>".encode())

    def log_message(self, *_args):
        pass


@pytest.fixture
def stale_cache():
    with ThreadingHTTPServer(("127.0.0.1", 0), Stale) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def article() -> Publication:
    return Publication.objects.get(title="第1号通知")


def test_a_site_that_serves_what_was_sealed_passes_and_nobody_is_told(patrol, mailoutbox):
    said = StringIO()
    call_command("patrol", stdout=said)
    # Home, two departments, three articles and a link, each with its page.
    assert said.getvalue().startswith("7 ")
    assert not Alarm.objects.exists() and mailoutbox == []


def test_a_footer_that_says_and_leads_to_all_that_it_can_passes(patrol, newsroom):
    facts = {
        "undertaker": "信息中心",
        "phone": "0551-1234567",
        "police_number": "皖公网安备 34010402700001号",
        "site_code": "3400000001",
        "error_report_url": "https://zfwzzc.www.gov.cn/check?site_code=34",
        "trusted_hosts": "gov.cn",
    }
    identity.save_identity(Identity(**SITE_IDENTITY, **facts), by=newsroom.admin)
    assert patrol() == []


COPYRIGHT = "{{ name }}{% endblocktranslate %}</span>{% endif %}\n      {% if site.technical_support"
META = '<meta charset="utf-8">'
MENU = '{% translate "Home" context "public site" %}</a></li>'
BRAND = '<span{% content_language %}>{{ site.name|default:_("Qianfa") }}</span>'
FOOTER = '{% translate "Staff sign-in" %}</a>'


ROUND_EVERY_PAGE = [
    ("base.html", COPYRIGHT, COPYRIGHT.replace("{{ name }}", "365体育"), "365体育"),
    ("base.html", FOOTER, f'{FOOTER}<a href="https://365.example/">365体育</a>', "https://365.example/"),
    ("base.html", FOOTER, f'{FOOTER}<a href="/\\365.example/">。</a>', "365.example"),
    ("base.html", FOOTER, f"{FOOTER} 365体育", "365体育"),
    ("base.html", "</body>", '<script src="https://365.example/a.js"></script></body>', "none of the site's own"),
    ("base.html", "</body>", '<script src="//365.example/a.js"></script></body>', "none of the site's own"),
    ("base.html", "</body>", "<script>location='x'</script></body>", "a script in the page itself"),
    ("base.html", "</body>", '<script type="application/ld+json">[365]</script></body>', "search engines"),
    ("base.html", "</body>", '<iframe src="/"></iframe></body>', "<iframe>"),
    ("base.html", "</body>", '<img src="/x.png" alt="" onerror="x()"></body>', "onerror= on <img>"),
    ("base.html", "</body>", '<p style="position:fixed">365</p></body>', "style= on <p>"),
    ("base.html", "</body>", '<form action="https://365.example/"></form></body>', "https://365.example/"),
    ("base.html", "</body>", '<a href="javascript:x()">x</a></body>', "javascript:x()"),
    ("base.html", META, f'{META}<meta http-equiv="refresh" content="0">', "refresh"),
    ("base.html", META, f'{META}<base href="https://365.example/">', "<base>"),
    ("base.html", MENU, f'{MENU}<li><a href="/x/">365</a></li>', "menu"),
    ("base.html", BRAND, "<span>365体育</span>", "is named “365体育”"),
]  # fmt: skip
# Every sixth is tried in every run, all of them in bin/test --all.
SOME_ROUND_EVERY_PAGE = [
    change if number % 6 == 0 else pytest.param(*change, marks=pytest.mark.slow)
    for number, change in enumerate(ROUND_EVERY_PAGE)
]


@pytest.mark.parametrize(("name", "old", "new", "found"), SOME_ROUND_EVERY_PAGE)
def test_what_somebody_put_round_every_page_is_named(patrol, template, name, old, new, found):
    template(name, old, new)
    lines = patrol()
    assert [line for line in lines if line.startswith("/: ") and found in line], lines
    assert [line for line in lines if line.startswith(article().get_absolute_url()) and found in line]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("{% article_body %}", "{% article_body as text %}{{ text|cut:'完' }}", "another body"),
        ("{% article_body %}", "{% article_body %}<p>加一句</p>", "another body"),
        ("{% article_body %}", "{{ revision.body|striptags }}", "another body"),
        ("{% article_body %}", "{{ revision.body|safe }}", "another body"),
        (
            '<div class="article-body"{% content_language %}>',
            '<div class="article-body"{% content_language %}>365</div><div class="article-body"{% content_language %}>',
            "a second body",
        ),
        (
            "<h1{% content_language %}>{{ revision.title }}</h1>",
            "<h1{% content_language %}>{{ revision.title }}！</h1>",
            "as the title",
        ),
        ("{{ publication.dated|day }}", "2014-02-07", "2014-02-07"),
    ],
)
def test_an_article_that_shows_other_words_than_the_sealed_is_named(patrol, template, old, new, found):
    """Scenario 43."""
    template("articles/_article_body.html", old, new)
    lines = patrol()
    assert [line for line in lines if line.startswith(article().get_absolute_url()) and found in line], lines
    assert not [line for line in lines if line.startswith("/: ")]


def test_an_article_under_another_department_is_named(patrol, template):
    template(
        "articles/article.html",
        "{{ department.name }}</a></li>\n  </ol>",
        "别处</a></li>\n  </ol>",
    )
    assert [line for line in patrol() if "别处" in line and line.startswith(article().get_absolute_url())]


def test_a_listing_that_shows_another_title_or_something_unsealed_is_named(patrol, template):
    template(
        "portal/_block_department.html",
        "{% publication_list block.publications %}",
        '<ul class="listing">{% for publication in block.publications %}<li>'
        '<a href="{{ publication.get_absolute_url }}">365{{ publication.title }}</a></li>{% endfor %}</ul>',
    )
    assert any("365第1号通知" in line and line.startswith("/: ") for line in patrol())


def test_a_row_that_leads_to_nothing_sealed_is_named(patrol, template):
    template(
        "portal/_block_department.html",
        "{% publication_list block.publications %}",
        '{% publication_list block.publications %}<ul class="listing"><li><a href="/d1/4711/">增补</a></li></ul>',
    )
    assert any("/d1/4711/" in line for line in patrol())


def test_words_changed_in_the_database_are_named_although_they_are_not_shown(patrol):
    """Scenario 43."""
    changed = article()
    tamper("UPDATE articles_revision SET body = '365' WHERE id = %s", [changed.revision_id])
    assert patrol() == [f"{changed.get_absolute_url()}: what is stored for it is not what was sealed"]


def test_a_footer_or_a_menu_that_was_changed_in_the_database_is_named_although_it_is_not_shown(patrol, newsroom):
    """Scenario 43."""
    tamper("UPDATE portal_identity SET copyright_holder = '365体育'")
    tamper("UPDATE departments_department SET name = '365' WHERE id = %s", [newsroom.elsewhere.pk])
    lines = patrol()
    assert "/: the identity of the site is not what was sealed; an older footer or none is shown" in lines
    assert f"/: department {newsroom.elsewhere.pk} is not what was sealed; it is left out of the menu" in lines
    assert not any("365" in line for line in lines)


def test_a_withdrawn_article_that_a_cache_still_serves_is_named(patrol, newsroom, stale_cache):
    gone = article()
    services.withdraw(gone.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert patrol() == []
    walk = Patrol(SiteClient(stale_cache), max_listings=0, newest_count=0, sample_size=5)
    assert [str(found) for found in walk.withdrawn_deviations()] == [
        f"{gone.get_absolute_url()}: answers 200 instead of 410"
    ]


def test_a_withdrawn_article_that_was_put_back_as_it_was_before_is_named(patrol, newsroom):
    """Scenario 62: the row carries a good seal, and the site serves it. The ledger knows better."""
    gone = article()
    services.withdraw(gone.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    tamper("DELETE FROM articles_withdrawal")
    tamper(
        "UPDATE articles_publication SET live_until = NULL, seal_key = %s, seal_signature = %s WHERE id = %s",
        [gone.seal_key, gone.seal_signature, gone.pk],
    )
    tamper("UPDATE articles_placement SET live_until = NULL WHERE publication_id = %s", [gone.pk])
    line = f"article {gone.article_id}: publication 1 was withdrawn, but its notice is gone"
    assert f"{gone.get_absolute_url()}: {line}" in patrol()


def test_an_entry_of_the_ledger_that_was_changed_is_not_believed(patrol):
    """Scenario 62: who makes the ledger say what the row says is named for it."""
    tamper("UPDATE ledger_entry SET actor_name = '别人' WHERE verb = 'article.published'")
    assert [line for line in patrol() if "of the ledger was changed" in line]


def test_an_older_footer_that_was_put_back_is_named(patrol, newsroom):
    """Scenario 62: the newest version is deleted, and the one before it carries a good seal."""
    newer = identity.save_identity(Identity(**{**SITE_IDENTITY, "phone": "0551-7654321"}), by=newsroom.admin)
    assert patrol() == []
    tamper("DELETE FROM portal_identity WHERE id = %s", [newer.pk])
    assert f"/: identity {newer.pk} ({newer.name}): stands in the ledger, but is gone" in patrol()


def test_every_deviation_raises_an_alarm_and_one_mail_goes_to_the_superusers(patrol, template, mailoutbox, newsroom):
    idle = person("left", is_superuser=True, email="left@example.org")
    tamper("UPDATE accounts_user SET is_active = %s WHERE id = %s", [False, idle.pk])
    template("base.html", FOOTER, f"{FOOTER} 365体育")
    lines = patrol()
    assert len(lines) > 3
    assert {alarm.subject.split()[1] for alarm in Alarm.objects.all()} == {line.split(": ")[0] for line in lines}
    [mail] = mailoutbox
    assert mail.to == ["superuser@example.org"]
    assert all(line in mail.body for line in lines)


def test_without_a_mail_server_the_command_says_so_instead_of_printing_the_mail(
    patrol, template, live_server, settings, mailoutbox
):
    settings.HAS_MAIL_SERVER = False
    template("base.html", FOOTER, f"{FOOTER} 365体育")
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("patrol", url=live_server.url, stdout=StringIO(), stderr=errors)
    assert "EMAIL_URL" in errors.getvalue() and mailoutbox == []


def test_the_command_exits_with_1_when_it_found_something(patrol, template, live_server):
    template("base.html", FOOTER, f"{FOOTER} 365体育")
    with pytest.raises(CommandError) as ended:
        call_command("patrol", url=live_server.url, stdout=StringIO())
    assert ended.value.returncode == 1


def test_a_site_that_does_not_answer_is_said_to_be_out_of_reach(patrol, mailoutbox):
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:1"):
        call_command("patrol", url="http://127.0.0.1:1", stdout=StringIO())
    assert not Alarm.objects.exists() and mailoutbox == []


def test_no_more_listing_pages_are_fetched_than_allowed(patrol, live_server):
    said = StringIO()
    call_command("patrol", url=live_server.url, most=1, articles=0, sample=0, stdout=said)
    assert said.getvalue().startswith("1 ")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/", "nothing"])
def test_only_web_addresses_are_fetched(address):
    with pytest.raises(ValueError, match="address"):
        SiteClient(address)


def test_addresses_of_another_site_are_not_fetched():
    with pytest.raises(ValueError, match=r"evil\.example"):
        SiteClient("http://127.0.0.1:1").fetch("//evil.example/")


def test_bodies_that_mean_the_same_compare_equal_and_others_do_not():
    page = parse_page(f'<h1>题</h1><div class="article-body">\n{BODY}\n  </div><p>后</p>')
    assert page.body_tokens == tokenize_html(BODY)
    for other in (
        BODY.replace("完", "完。"),
        BODY.replace("<br>", ""),
        BODY + "<!-- x -->",
        BODY.replace("zhengce", "x"),
    ):
        assert parse_page(f'<div class="article-body">{other}</div>').body_tokens != tokenize_html(BODY)
