"""The command `import_addresses`: all lines of a table, or none."""

import io

import pytest
from django.core.management import CommandError, call_command

from ledger.models import Entry
from legacy.models import OldAddress
from tests.factories import nothing_changes

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(newsroom, tmp_path):
    """Runs the command on lines; what it prints."""

    def run(*lines, encoding="utf-8", by=newsroom.admin, **options):
        file = tmp_path / "addresses.csv"
        file.write_bytes("\r\n".join(lines).encode(encoding))
        out = io.StringIO()
        call_command("import_addresses", str(file), username=by.username, stdout=out, stderr=out, **options)
        return out.getvalue()

    return run


def test_a_table_of_addresses_is_taken_and_taking_it_again_changes_nothing(take, newsroom, client):
    """Scenario 33."""
    live, here = newsroom.published(), newsroom.department.slug
    lines = ["旧地址,去处", f"http://old.example/index.php?id=5,{live.article_id}", "", f'"/col,1/", {here} ']
    assert "Set 2 old addresses; 0 led there already." in take(*lines)
    assert client.get("/index.php?id=5")["Location"] == live.get_absolute_url()
    assert client.get("/col,1")["Location"] == f"/{here}/"
    with nothing_changes():
        assert "Set 0 old addresses; 2 led there already." in take(*lines)
    assert Entry.objects.filter(verb="old_address.created", actor_id=newsroom.admin.pk).count() == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_a_table_saved_by_a_spreadsheet_is_read(take, newsroom, encoding):
    take("旧地址,去处", f"/通知.html,{newsroom.department.slug}", encoding=encoding)
    assert OldAddress.objects.get().address == "/通知.html"


def test_a_dry_run_changes_nothing_and_says_what_would_be(take, newsroom):
    with nothing_changes():
        assert "Would set 1 old addresses" in take(f"/a.html,{newsroom.department.slug}", dry_run=True)


@pytest.mark.parametrize("dry_run", [False, True])
def test_every_bad_line_is_named_with_its_reason_and_nothing_is_taken(newsroom, tmp_path, dry_run):
    here = newsroom.department.slug
    file = tmp_path / "addresses.csv"
    file.write_text(
        f"/good.html,{here}\n/missing.html,999999\n/nowhere.html,nowhere\nno-slash/,{here}\n/one.html\n"
        f"/search/,{here}\n/good.html,{newsroom.elsewhere.slug}\n/good.html,{here}\n/far.html,https://elsewhere.example/\n"
        f"/long.html,{'9' * 30}\n",
        encoding="utf-8",
    )
    err = io.StringIO()
    with nothing_changes(), pytest.raises(CommandError, match=r"^8 bad lines\. Nothing"):
        call_command(
            "import_addresses", str(file), username=newsroom.admin.username, dry_run=dry_run, stderr=err, no_color=True
        )
    named = dict(line.split(": ", 1) for line in err.getvalue().splitlines())
    assert list(named) == [f"Line {number}" for number in (2, 3, 4, 5, 6, 7, 9, 10)]
    assert "no article 999999" in named["Line 2"] and "nowhere" in named["Line 3"]
    assert "begins with" in named["Line 4"] and "two things" in named["Line 5"]
    assert "present site" in named["Line 6"] and "already" in named["Line 7"] and "elsewhere.example" in named["Line 9"]


def test_only_a_superuser_takes_addresses(take, newsroom):
    with nothing_changes(), pytest.raises(CommandError, match="superuser"):
        take(f"/a.html,{newsroom.department.slug}", by=newsroom.drafter)


def test_a_file_that_cannot_be_read_is_refused(newsroom, tmp_path):
    (tmp_path / "utf16.csv").write_bytes("/a,b".encode("utf-16"))
    for name, why in {"utf16.csv": "UTF-16", "none.csv": "No such file"}.items():
        with nothing_changes(), pytest.raises(CommandError, match=why):
            call_command("import_addresses", str(tmp_path / name), username=newsroom.admin.username)
