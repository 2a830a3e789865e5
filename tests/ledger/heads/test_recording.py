"""A database that does not contain the last noted head records nothing (scenario 54)."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as project_settings
from django.db import connection, transaction

from accounts.models import User
from articles.models import Article, Revision
from ledger.heads import recording
from ledger.heads.exceptions import LedgerBehind
from ledger.models import Alarm, Entry
from ledger.record import ObjectRef, record
from tests.factories import PASSWORD
from tests.ledger.auditor import verify
from tests.ledger.threads import at_once
from workflow import services

pytestmark = pytest.mark.both_databases("the head is looked for under each database's lock")
REAL_TRANSACTIONS = pytest.mark.django_db(transaction=True)

# A process of its own that acts as often as it is told.
ACTS = """
import sys
from pathlib import Path
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.LEDGER_HEAD_FILE = Path(sys.argv[2])
django.setup()
from django.db import transaction
from ledger.record import ObjectRef, record
sys.stdin.readline()
for turn in range(int(sys.argv[3])):
    with transaction.atomic():
        record("role.noted", ObjectRef("departments.role", "1"), turn=turn)
"""


@pytest.fixture
def old_database(newsroom, take_snapshot, django_capture_on_commit_callbacks):
    """A site whose database was put back to the moment before an article was withdrawn."""
    publication = newsroom.published(title="后来撤下的文章")
    snapshot = take_snapshot()
    last = Entry.objects.order_by("-number").first().number
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(publication.article, by=newsroom.publisher, reason="内容有误", notice="已撤下")
        newsroom.draft()
    snapshot.restore()
    recording._contained.clear()  # a page believes for a minute what it found; nobody waits for that here
    newsroom.publication, newsroom.last = publication, last
    return newsroom


@REAL_TRANSACTIONS
def test_acts_on_an_old_database_are_refused_again_and_again(old_database, settings):
    """Scenario 54. Two acts used to be enough for the note to move on."""
    heads = settings.LEDGER_HEAD_FILE.read_text()
    for _turn in range(3):
        with pytest.raises(LedgerBehind):
            old_database.draft()
        with pytest.raises(LedgerBehind):
            services.withdraw(
                old_database.publication.article, by=old_database.publisher, reason="又一次", notice="已撤下"
            )
    assert Entry.objects.count() == old_database.last
    assert Article.objects.count() == 1
    assert settings.LEDGER_HEAD_FILE.read_text() == heads
    last = old_database.last
    assert verify() == [
        f"ledger: ends at entry {last}, but entries {last + 1} to {last + 2} were noted outside the database"
    ]


def test_pages_are_served_and_reads_counted_from_an_old_database(old_database, client):
    """Scenario 54."""
    page = old_database.publication.get_absolute_url()
    assert client.get(page).status_code == 200
    visitor = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Sec-Fetch-Site": "same-origin"}
    answer = client.post(f"/reads/{old_database.publication.article_id}/", headers=visitor)
    assert answer.json() == {"reads": 1}
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "recording: stopped" in answer.content.decode()


def test_somebody_who_acts_is_told_why_nothing_happens(old_database, as_user, english):
    """Scenario 54."""
    drafter = as_user("drafter")
    drafter.cookies["django_language"] = "en"
    form = {"title": "标题", "body": "<p>正文</p>", "department": old_database.department.pk}
    answer = drafter.post("/admin/articles/article/add/", form)
    assert answer.status_code == 503
    assert f"第 {old_database.last} 条" in str(answer.context["reason"])
    assert Article.objects.count() == 1
    assert Alarm.objects.get().subject == f"head {old_database.last + 2}"


def test_an_act_is_refused_also_within_the_minute_in_which_pages_believe_what_they_found(
    newsroom, take_snapshot, as_user, django_capture_on_commit_callbacks
):
    drafter = as_user("drafter")
    snapshot = take_snapshot()
    with django_capture_on_commit_callbacks(execute=True):
        newsroom.draft()
    assert drafter.get("/admin/").context["refusal"] is None
    snapshot.restore()
    form = {"title": "标题", "body": "<p>正文</p>", "department": newsroom.department.pk}
    assert drafter.post("/admin/articles/article/add/", form).status_code == 503
    assert not Article.objects.exists()
    assert drafter.get("/admin/").context["refusal"]  # the refusal ended what pages believed


def test_a_draft_that_would_be_lost_is_not_saved(old_database, as_user):
    """A save of a draft is no entry of the ledger, but the right database will not have it."""
    revision = Revision.objects.get()
    answer = as_user("drafter").post(f"/admin/articles/article/{revision.article_id}/change/", {"title": "别的"})
    assert answer.status_code == 503


def test_a_visitor_who_writes_is_asked_to_come_back_later(old_database, client):
    answer = client.post("/feedback/", {"text": "您好"})
    assert answer.status_code == 503
    assert answer.context["reason"] not in answer.content.decode()  # what concerns the staff alone


def test_superusers_sign_in_and_find_what_to_do(old_database, client):
    """Scenario 54."""
    signed_in = client.post("/admin/login/", {"username": old_database.admin.username, "password": PASSWORD})
    assert (signed_in.status_code, signed_in.url) == (302, "/admin/")
    desk = client.get("/admin/").content.decode()
    assert "/admin/ledger/entry/recording/" in desk
    page = client.get("/admin/ledger/entry/recording/").content.decode()
    newest = Entry.objects.order_by("-number").first()
    assert f"manage.py accept_restore --head {newest.number}:{newest.hash}" in page
    alarm = Alarm.objects.get()
    cleared = client.post(f"/admin/ledger/alarm/{alarm.pk}/delete/", {"post": "yes"})
    assert cleared.status_code == 503  # clearing is an act, and nothing can be recorded
    assert client.post("/admin/logout/").status_code == 200


def test_everybody_else_sees_the_notice_but_not_the_page(old_database, as_user):
    drafter = as_user("drafter")
    desk = drafter.get("/admin/")
    assert desk.context["refusal"]
    assert "/admin/ledger/entry/recording/" not in desk.content.decode()
    assert drafter.get("/admin/ledger/entry/recording/").status_code == 403


def test_nobody_is_told_anything_when_all_is_well(newsroom, as_user, english):
    assert as_user("drafter").get("/admin/").context["refusal"] is None
    page = as_user("admin").get("/admin/ledger/entry/recording/")
    assert page.context["refusal"] is None
    assert "accept_restore" not in page.content.decode()


@REAL_TRANSACTIONS
def test_a_command_prints_why_it_did_nothing(old_database, settings):
    """Scenario 54."""
    # What `manage.py` does, in a process of its own, since it ends the process.
    program = (
        "import sys\nfrom pathlib import Path\nfrom django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r}\n"
        f"settings.LEDGER_HEAD_FILE = Path({str(settings.LEDGER_HEAD_FILE)!r})\n"
        "import manage\nsys.argv = ['manage.py', 'createsuperuser', '--noinput', '--username', 'eve', "
        "'--full_name', 'Eve']\nmanage.main()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=project_settings.BASE_DIR, capture_output=True, text=True, check=False,
        env={**_environment(), "DJANGO_SUPERUSER_PASSWORD": PASSWORD},
    )  # fmt: skip
    assert ran.returncode == 1
    assert str(old_database.last + 2) in ran.stderr and "Traceback" not in ran.stderr
    assert not User.objects.filter(username="eve").exists()


def _environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}


def test_an_entry_with_the_number_of_the_noted_head_is_not_enough(act, settings):
    """Another entry may stand there: the database was restored, and grew elsewhere."""
    for turn in range(2):
        act(turn=turn)
    lines = settings.LEDGER_HEAD_FILE.read_text().splitlines(keepends=True)
    other = json.dumps({**json.loads(lines[-1]), "hash": "0" * 64}) + "\n"
    settings.LEDGER_HEAD_FILE.write_text("".join([*lines[:-1], other]))
    with pytest.raises(LedgerBehind):
        act()
    assert Entry.objects.count() == 2


@REAL_TRANSACTIONS
def test_no_act_is_refused_falsely_while_threads_act_at_once(act, settings):
    def several():
        for turn in range(6):
            act(turn=turn)

    assert at_once([several] * 8) == [None] * 8
    assert Entry.objects.count() == 48
    assert verify() == []


@REAL_TRANSACTIONS
@pytest.mark.slow
def test_no_act_is_refused_falsely_while_processes_act_at_once(settings):
    arguments = [str(connection.settings_dict["NAME"]), str(settings.LEDGER_HEAD_FILE), "15"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ACTS, *arguments], cwd=project_settings.BASE_DIR, env=_environment(),
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _turn in range(3)
    ]  # fmt: skip
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _said, complaint = process.communicate(timeout=120)
        assert process.returncode == 0, complaint
    assert Entry.objects.count() == 45
    assert verify() == []


@REAL_TRANSACTIONS
def test_a_transaction_that_acts_twice_notes_both_and_one_that_is_undone_none(act, settings):
    act()
    with transaction.atomic():
        record("role.noted", ObjectRef("departments.role", "1"))
        transaction.set_rollback(True)
    with transaction.atomic():
        record("role.noted", ObjectRef("departments.role", "1"))
        record("role.noted", ObjectRef("departments.role", "1"))
    noted = [json.loads(line)["number"] for line in settings.LEDGER_HEAD_FILE.read_text().splitlines()]
    assert noted == [0, 1, 2, 3]
