"""Pre-translated templates render what Django's tags would."""

import pytest
from django.template import Context, Engine
from django.utils import translation

from portal.template_i18n import TranslatingLoader

PLAIN = "django.template.loaders.filesystem.Loader"
SNIPPETS = {
    "double quotes": '{% translate "Search" %}',
    "single quotes": "<a title=\"{% translate 'Search the site' %}\">",
    "the older name": '{% trans "Search" %}',
    "with a context": '{% translate "Home" context "public site" %} {% translate "all" context "years" %}',
    "spaces": '{%  translate   "Search"   %}',
    "twice in a line": '{% translate "Search" %}{% translate "Menu" %}',
    "no translation": '{% translate "Nobody has translated this" %}',
    "markup": '{% translate "a < b & c" %}',
    "percent": '{% translate "100 % sure" %}',
    "a quotation mark": '{% translate "He said \\"no\\"" %}',
    "a value": "{% translate words %}",
    "a filter": '{% translate "Search"|upper %}',
    "kept in a name": '{% translate "Search" as found %}[{{ found }}]',
    "noop": '{% translate "Search" noop %}',
    "a block": "{% blocktranslate with name=words %}Back to {{ name }}{% endblocktranslate %}",
    "inside a tag of its own": '{% if words == "Menu" %}{% translate "Menu" %}{% endif %}',
    "verbatim": '{# {% translate "Search" %} #}x',
}


@pytest.fixture
def rendered(tmp_path):
    """(snippet, loaders) → what comes out."""

    def render(snippet, loaders):
        (tmp_path / "page.html").write_text("{% load i18n %}" + snippet)
        engine = Engine(
            dirs=[tmp_path], loaders=loaders, libraries={"i18n": "django.templatetags.i18n"}, autoescape=True
        )
        return engine.get_template("page.html").render(Context({"words": "Menu"}))

    return render


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("snippet", SNIPPETS.values(), ids=SNIPPETS)
def test_every_form_of_the_tag_says_the_same(rendered, snippet, language):
    with translation.override(language):
        assert rendered(snippet, [("portal.template_i18n.TranslatingLoader", [PLAIN])]) == rendered(snippet, [PLAIN])


def test_each_language_has_its_own_words_from_one_loader(tmp_path):
    (tmp_path / "page.html").write_text('{% load i18n %}{% translate "Search" %}')
    engine = Engine(
        dirs=[tmp_path],
        loaders=[("portal.template_i18n.TranslatingLoader", [PLAIN])],
        libraries={"i18n": "django.templatetags.i18n"},
    )
    found = []
    for language in ["zh-hans", "en", "zh-hans"]:
        with translation.override(language):
            found.append(engine.get_template("page.html").render(Context()))
    assert found == ["搜索", "Search", "搜索"]


def test_a_word_whose_translation_could_be_taken_for_a_tag_is_left_to_django(tmp_path, monkeypatch):
    (tmp_path / "page.html").write_text('{% load i18n %}{% translate "Search" %}')
    monkeypatch.setattr("portal.template_i18n.gettext", lambda _text: "{{ words }}")
    engine = Engine(dirs=[tmp_path], loaders=[PLAIN], libraries={"i18n": "django.templatetags.i18n"})
    loader = TranslatingLoader(engine, [PLAIN])
    assert "{{ words }}" not in loader.get_contents(next(loader.get_template_sources("page.html")))
