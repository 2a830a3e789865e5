"""The command `demo`: what a newcomer finds after the first start."""

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from accounts.models import User
from articles.models import Article, Publication, Revision
from departments.models import Department, DepartmentKind
from departments.services import save_department
from feedback.models import Letter
from ledger.verification.checks import mismatches
from portal.demonstration import builder
from portal.demonstration.pictures import SCENES, render_scene
from tests.factories import everything, nothing_changes
from tests.legacy.samples import TITLE
from workflow.models import Round
from workflow.rules.states import ArticleState, PublicState, TextState, states_of

pytestmark = pytest.mark.django_db

NAVIGATION = "首页 部门文件 干部人事 结对共建 教育培训 老干部、关工委工作 公告栏 组织建设 返回主站".split()
OLDER, NEWER = "“三结对”拓展联系服务群众新途径", "省直机关党建服务基层年活动启动"


def demo():
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker, tmp_path_factory):
    """What the command printed. It runs once for this module; each test then works in a transaction of its own."""
    folder = tmp_path_factory.mktemp("demonstration")
    with (
        override_settings(DEMONSTRATION=True, VAR_DIR=folder, LEDGER_HEAD_FILE=folder / "ledger-heads.jsonl"),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        printed = demo()
        django_db_blocker.block()
        yield printed
        django_db_blocker.unblock()
        transaction.set_rollback(True)


@pytest.fixture
def real(built):
    return Publication.objects.live().get(title=TITLE)


# These two come before the demonstration is there for the others.


@pytest.mark.parametrize("in_use", [False, True])
def test_outside_a_demonstration_nothing_is_made(settings, in_use):
    settings.DEMONSTRATION = False
    if in_use:
        User.objects.create_user("someone", "correct horse battery")
    with nothing_changes(), pytest.raises(CommandError):
        demo()


def test_a_database_with_real_people_is_left_alone(settings, newsroom):
    settings.DEMONSTRATION = True
    with nothing_changes(), pytest.raises(CommandError):
        demo()


def test_a_database_with_departments_and_no_people_is_left_alone(settings):
    settings.DEMONSTRATION = True
    save_department(Department(name="组织建设", slug="zuzhi"), by=None)
    with nothing_changes(), pytest.raises(CommandError, match="DATABASE_URL"):
        demo()


@pytest.mark.parametrize(("is_named", "added"), [(True, 0), (False, 1)])
def test_what_is_missing_is_added_to_the_file_of_bin_run_and_to_no_database_that_somebody_named(
    built, settings, tmp_path, monkeypatch, is_named, added
):
    settings.HAS_NAMED_DATABASE = is_named
    entry = {"title": "【示例】新的一篇", "department": "zuzhi", "body": "<p>示例正文。</p>", "state": "draft"}
    entries = [*json.loads((builder.CONTENT_DIR / "articles.json").read_text(encoding="utf-8")), entry]
    (tmp_path / "articles.json").write_text(json.dumps(entries), encoding="utf-8")
    monkeypatch.setattr(builder, "CONTENT_DIR", tmp_path)
    printed = demo()
    assert re.search(r"(?<!\d)(\d+)(?!\d)", printed)[0] == str(added)
    assert Revision.objects.filter(title=entry["title"]).count() == added


def test_a_second_run_adds_nothing_and_says_so(built):
    before = everything()
    again = demo()
    assert everything() == before
    assert re.search(r"(?<!\d)0(?!\d)", again.splitlines()[0])
    assert again.splitlines()[1:] == built.splitlines()[1:]


def test_the_navigation_is_that_of_the_real_page(built, client):
    page = client.get("/").content.decode()
    positions = [page.find(f">{name}<") for name in NAVIGATION]
    assert -1 not in positions and positions == sorted(positions)
    outside = Department.objects.get(kind=DepartmentKind.LINK)
    assert outside.name == "返回主站" and f'href="{outside.url}"' in page


def test_there_are_articles_in_every_column_over_two_years_all_of_them_labelled(built):
    titles = dict(Publication.objects.order_by("number").values_list("article", "title"))
    titles |= {round.article_id: round.revision.title for round in Round.objects.select_related("revision")}
    titles |= {article.pk: str(article) for article in Article.objects.all()}
    labelled = [title for title in titles.values() if "示例" in title]
    assert len(labelled) >= 60
    assert {title for title in titles.values() if "示例" not in title} == {TITLE, OLDER, NEWER}
    live = Publication.objects.live()
    for column in Department.objects.holding_articles():
        assert live.filter(department=column).exists(), column
    recent = live.filter(dated__gte=timezone.now() - timedelta(days=60))
    old = live.filter(dated__lte=timezone.now() - timedelta(days=600), title__contains="示例")
    assert recent.exists() and old.exists()


def test_every_state_has_an_article_to_look_at(built):
    states = {state for _article, state in states_of(Article.objects.all())}
    assert states >= {
        ArticleState(TextState.DRAFT, PublicState.UNPUBLISHED),
        ArticleState(TextState.RETURNED, PublicState.UNPUBLISHED),
        ArticleState(TextState.IN_REVIEW, PublicState.UNPUBLISHED),
        ArticleState(TextState.SETTLED, PublicState.SCHEDULED),
        ArticleState(TextState.SETTLED, PublicState.LIVE),
        ArticleState(TextState.SETTLED, PublicState.WITHDRAWN),
    }
    steps = {waiting.current_step().name for waiting in Round.objects.open()}
    assert steps == {"审核", "签发"}


def test_there_are_pictures_attachments_and_a_correction_to_look_at(built, client):
    home = client.get("/").content.decode()
    assert re.search(r'<img src="/files/\w+\.webp"[^>]*width="640"', home)
    pages = [client.get(live.get_absolute_url()).content.decode() for live in Publication.objects.live()]
    assert sum("<figcaption>" in page and "srcset=" in page for page in pages) >= 3
    assert sum("<table>" in page for page in pages) >= 3
    assert any('role="note"' in page and "更正" in page for page in pages)
    (offered,) = [page for page in pages if 'download="培训报名表.docx"' in page]
    for address in re.findall(r'href="(/files/[^"]+)" download', offered):
        assert client.get(address).status_code == 200


def test_there_are_reads_and_letters_to_look_at(built, client):
    assert "most-read" in client.get("/").content.decode()
    assert sorted(Letter.objects.values_list("state", flat=True)) == ["answered", "new"]


def test_every_scene_is_a_picture_that_is_drawn_the_same_each_time(built):
    for scene in SCENES:
        assert Image.open(io.BytesIO(render_scene(scene))).size == (1440, 810)
        assert render_scene(scene) == render_scene(scene)


def test_the_real_article_stands_between_its_neighbours_with_every_element_of_the_original(real, client):
    page = client.get(real.get_absolute_url()).content.decode()
    words = re.sub(r"<[^>]+>", "", page)
    for element in [
        TITLE,
        "2014-02-07",
        "韩兴国",
        "(工委组织部)",
        "组织建设",
        "(一)“三个注重”出实招",
    ]:
        assert element in words, element
    older, newer = (Publication.objects.live().get(title=title).get_absolute_url() for title in (OLDER, NEWER))
    for address, title in [(older, OLDER), (newer, NEWER)]:
        assert re.search(rf'<a[^>]+href="{address}"[^>]*>\s*{title}', page), title
        assert f'href="{real.get_absolute_url()}"' in client.get(address).content.decode()
    assert page.index(older) < page.index(newer)
    for element in ["合肥市长江路39号", "szdd@mail.sztvu.ah.cn", "皖ICP备07502461号", "龙讯科技"]:
        assert element in words, element
    assert "娱乐" not in words


def test_the_real_article_went_the_way_of_all_others(real):
    assert real.article.imported_page.name == "legacy-article-page.txt"
    people = [sign["name"] for sign in real.sign_offs]
    assert people == ["示例审核人", "示例签发人"]
    assert real.round.submitted_by_name == "示例拟稿人"


def test_everything_that_was_made_verifies(built):
    assert list(mismatches()) == []


def accounts(printed):
    """(user name, password) of each account that the command printed."""
    password = re.search(r"[\w-]{12}", printed.splitlines()[1], re.ASCII)[0]
    return [(line.split()[0], password) for line in printed.splitlines()[2:]]


def sign_in(client, name, password):
    client.post("/admin/login/", {"username": name, "password": password})
    return "_auth_user_id" in client.session


def test_the_printed_accounts_sign_in_and_are_marked_as_demonstration_accounts(built, client):
    assert len(accounts(built)) == 4
    for name, password in accounts(built):
        assert sign_in(client, name, password), name
        assert User.objects.get(username=name).is_demonstration
        client.logout()


def test_demonstration_accounts_do_not_sign_in_once_the_site_is_no_demonstration(built, client, settings):
    settings.DEMONSTRATION = False
    for name, password in accounts(built):
        assert not sign_in(client, name, password), name


def test_somebody_still_signed_in_with_a_demonstration_account_is_shut_out_as_well(built, client, settings):
    name, password = accounts(built)[0]
    assert sign_in(client, name, password)
    assert client.get("/admin/").status_code == 200
    settings.DEMONSTRATION = False
    assert client.get("/admin/").status_code == 302
