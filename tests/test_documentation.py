"""Documentation matches the code: settings, commands, maps, paths, module sizes."""

import ast
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 400  # lines
LONGEST_SUMMARY = 100  # characters of a docstring's first line
READMES = ["README.md", "README.zh-CN.md"]
DOCUMENTS = [
    *READMES,
    "CONTRIBUTING.md",
    *sorted(str(file.relative_to(PROJECT)) for file in PROJECT.glob("docs/**/*.md")),
]
# Folders that a path or a dotted name in the documents may begin with.
FOLDERS = sorted(file.parent.name for file in PROJECT.glob("[a-z]*/__init__.py"))
PATH = rf"(?:{'|'.join([*FOLDERS, 'bin', 'deploy', 'docs', 'locale', 'static', 'templates'])})/[\w./-]*"
DOTTED_NAME = rf"(?:{'|'.join(FOLDERS)})(?:\.\w+)+"
DATA_FILES = (".csv", ".json", ".jsonl")  # `articles.jsonl` is no module


def variables_read_by_the_settings() -> set[str]:
    """First arguments of env.str(…), env.bool(…) and their like in portal/settings.py."""
    tree = ast.parse((PROJECT / "portal/settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.func.attr != "read_env"
    }


def documented(part: str) -> set[str]:
    """Names in the tables of docs/settings.md, of the "settings" or of the "scripts"."""
    settings, scripts = (PROJECT / "docs/settings.md").read_text().split("## Of the scripts")
    text = {"settings": settings, "scripts": scripts}[part]
    return set(re.findall(r"^\| `([A-Z_0-9]+)` \|", text, re.MULTILINE))


def modules() -> list[Path]:
    left_out = {".git", ".venv", "var"}
    top = [entry for entry in PROJECT.iterdir() if entry.name not in left_out]
    files = [file for entry in top for file in ([entry] if entry.is_file() else entry.rglob("*.py"))]
    return [file for file in files if file.suffix == ".py" and "migrations" not in file.parts]


def test_the_settings_read_variables_at_all():
    assert {"SECRET_KEY", "DATABASE_URL", "SITE_URL", "EMAIL_URL"} <= variables_read_by_the_settings()


def test_every_setting_is_documented_and_no_other():
    assert documented("settings") == variables_read_by_the_settings()


def test_the_example_names_every_setting_with_a_comment_before_it():
    lines = (PROJECT / ".env.example").read_text().splitlines()
    named = {}
    for before, line in itertools.pairwise(lines):
        if found := re.match(r"#?([A-Z_0-9]+)=", line):
            named[found[1]] = before
    assert set(named) == variables_read_by_the_settings()
    assert all(before.startswith("# ") for before in named.values())


def test_every_setting_has_a_value_of_its_own_in_the_tests(environment):
    assert set(environment) == variables_read_by_the_settings()


def test_the_variables_of_the_scripts_are_documented_and_no_others():
    text = "".join(
        (PROJECT / script).read_text() for script in ["bin/run", "bin/test", "bin/_setup", "tests/postgres.py"]
    )
    assert documented("scripts") == {name for name in documented("scripts") if re.search(rf"\b{name}\b", text)}
    given = set(re.findall(r"\$\{([A-Z_]+):-", text)) - {"TMPDIR"}
    assert given - documented("settings") <= documented("scripts")


def test_the_environment_is_read_in_the_settings_only():
    readers = [
        str(file.relative_to(PROJECT))
        for file in modules()
        if re.search(r"os\.(environ|getenv)|\benviron\.Env\b", file.read_text())
    ]
    allowed = ("manage.py", "portal/settings.py", "portal/wsgi.py", "tests/", "bench/")
    assert [file for file in readers if not file.startswith(allowed)] == []


@pytest.mark.parametrize("readme", READMES)
def test_the_two_commands_of_the_readme_can_be_run(readme):
    block = re.search(r"```sh\n(.*?)```", (PROJECT / readme).read_text(), re.DOTALL)[1]
    commands = [line.split()[0] for line in block.splitlines()]
    assert commands == ["bin/run", "bin/test"]
    assert all(os.access(PROJECT / command, os.X_OK) for command in commands)


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md"])
def test_a_document_links_only_to_what_is_there(document):
    links = re.findall(r"\]\(([^)]+)\)", (PROJECT / document).read_text())
    inside = [link.partition("#")[0] for link in links if "://" not in link]
    assert [link for link in inside if not ((PROJECT / document).parent / link).exists()] == []


@pytest.mark.parametrize("readme", READMES)
def test_the_management_commands_of_the_readme_exist(readme):
    from django.core.management import get_commands

    named = set(re.findall(r"manage\.py ([a-z_]+)", (PROJECT / readme).read_text()))
    assert {"verify", "import_legacy"} <= named
    assert named <= set(get_commands())


def test_both_readmes_have_the_same_parts_and_name_the_same_things():
    english, chinese = ((PROJECT / readme).read_text() for readme in READMES)
    assert re.findall(r"^#+ ", english, re.MULTILINE) == re.findall(r"^#+ ", chinese, re.MULTILINE)
    assert english.count("\n- ") == chinese.count("\n- ")
    assert set(re.findall(r"`([^`\n]+)`", english)) == set(re.findall(r"`([^`\n]+)`", chinese))


def test_no_module_is_longer_than_four_hundred_lines():
    lengths = {str(file.relative_to(PROJECT)): len(file.read_text().splitlines()) for file in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_module_says_in_its_first_line_what_is_in_it():
    summaries = {}
    for file in modules():
        text = file.read_text()
        if text.strip():
            docstring = ast.get_docstring(ast.parse(text)) or ""
            summaries[str(file.relative_to(PROJECT))] = docstring.partition("\n")[0]
    assert len(summaries) > 300
    assert [name for name, summary in summaries.items() if not 0 < len(summary) <= LONGEST_SUMMARY] == []


def test_the_maps_of_the_code_are_up_to_date():
    ran = subprocess.run(
        [sys.executable, "bin/maps", "--check"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_both_readmes_list_the_same_apps():
    english, chinese = (
        re.findall(r"^([a-z]+)/(?: |$)", (PROJECT / readme).read_text(), re.MULTILINE) for readme in READMES
    )
    assert english == chinese
    assert sorted(english) == FOLDERS


def in_backticks(document: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", (PROJECT / document).read_text())


def names_something(dotted: str) -> bool:
    """Whether the longest module in `dotted` exists and holds the name that follows, if one does."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        place = PROJECT.joinpath(*parts[:length])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.exists():
            return length == len(parts) or re.search(rf"\b{parts[length]}\b", file.read_text()) is not None
    return False


@pytest.mark.parametrize(
    ("dotted", "exists"),
    [
        ("portal.wsgi", True),
        ("articles.search", True),
        ("articles.drafts.save_draft", True),
        ("articles.nowhere", False),
        ("articles.drafts.do_nothing", False),
    ],
)
def test_a_dotted_name_is_looked_up_in_the_code(dotted, exists):
    assert names_something(dotted) == exists


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_only_paths_and_modules_that_exist(document):
    words = [word for code in in_backticks(document) for word in code.split()]
    paths = [word for word in words if re.fullmatch(PATH, word)]
    dotted = [word for word in words if re.fullmatch(DOTTED_NAME, word) and not word.endswith(DATA_FILES)]
    assert [path for path in paths if not (PROJECT / path).exists()] == []
    assert [name for name in dotted if not names_something(name)] == []


def test_the_diagrams_of_the_architecture_name_only_what_exists():
    named = set(re.findall(rf"(?<![\w/]){PATH}", (PROJECT / "docs/architecture.md").read_text()))
    assert {"articles/drafts.py", "portal/page_cache/", "workflow/actions/rounds.py"} <= named
    assert [path for path in sorted(named) if not (PROJECT / path).exists()] == []


def named_with_their_file(document: str) -> Iterator[tuple[str, str]]:
    """(path, name) for each “`path` (`name`, …)”."""
    for path, names in re.findall(rf"`({PATH})` \(([^)]*)\)", (PROJECT / document).read_text()):
        yield from ((path, name) for name in re.findall(r"`@?([\w.]+)`", names))


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_name_beside_its_file_stands_in_that_file(document):
    pairs = list(named_with_their_file(document))
    assert len(pairs) > 5
    assert [(path, name) for path, name in pairs if name not in (PROJECT / path).read_text()] == []


def test_the_table_of_where_to_change_what_has_a_file_in_each_row():
    table = (PROJECT / "CONTRIBUTING.md").read_text().split("## Where to change …")[1].split("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(rows) >= 12
    assert [row for row in rows if not re.search(rf"`{PATH}`", row)] == []


def test_the_public_styles_and_scripts_in_the_documentation_exist():
    table = (PROJECT / "docs/public-site.md").read_text().split("| File under `static/public/` |")[1].split("\n\n")[0]
    named = re.findall(r"`([\w.-]+\.(?:css|js))`", table)
    assert len(named) >= 8
    assert [name for name in named if not (PROJECT / "static/public" / name).exists()] == []
