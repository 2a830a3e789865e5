"""Documentation matches the code: settings, commands, maps, paths, module sizes."""

import ast
import itertools
import os
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 400  # lines
READMES = ["README.md", "README.zh-CN.md"]


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


@pytest.mark.parametrize("document", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "docs/settings.md"])
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
