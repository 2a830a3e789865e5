"""Every kind of public page is valid HTML."""

from collections import Counter

import html5lib

# Attributes that name other elements of the page by their ids.
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget")
EXPECTED = {"404": 404, "410 withdrawn": 410, "410 expired": 410, "503": 503, "preview that ended": 404}


def elements(html):
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    return list(tree.iter()), [(place, code, facts) for place, code, facts in parser.errors]


def test_every_kind_of_page_is_answered_as_its_kind_says(shown):
    named = {kind: int(kind.split()[0]) for kind in shown if kind[:3].isdigit()}
    expected = dict.fromkeys(shown, 200) | EXPECTED | named
    assert {kind: page.response.status_code for kind, page in shown.items()} == expected


def test_no_page_has_an_error_that_a_parser_has_to_mend(shown):
    assert {kind: errors for kind, page in shown.items() if (errors := elements(page.html)[1])} == {}


def test_ids_are_unique_and_what_refers_to_one_finds_it(shown):
    wrong = []
    for kind, page in shown.items():
        found, _ = elements(page.html)
        ids = Counter(element.get("id") for element in found if element.get("id"))
        wrong += [(kind, name, "twice") for name, times in ids.items() if times > 1]
        for element in found:
            named = [name for attribute in REFERRING for name in (element.get(attribute) or "").split()]
            wrong += [(kind, name, "is not there") for name in named if name not in ids]
    assert wrong == []


def test_every_page_says_its_language_and_has_one_heading_of_the_first_level(shown):
    for kind, page in shown.items():
        found, _ = elements(page.html)
        assert [element.get("lang", "").lower() for element in found if element.tag == "html"] == ["zh-hans"], kind
        assert len([element for element in found if element.tag == "h1"]) == 1, kind


def test_no_page_carries_style_or_script_of_its_own_or_asks_another_host(shown):
    for kind, page in shown.items():
        for element in elements(page.html)[0]:
            assert element.tag != "style" and element.get("style") is None, kind
            assert not [name for name in element.attrib if name.startswith("on")], kind
            asked = element.get("src") or (element.get("href") if element.tag == "link" else None) or ""
            is_named_only = element.tag == "link" and element.get("rel") in ("canonical", "alternate")
            assert is_named_only or asked.startswith("/") or not asked, (kind, asked)
