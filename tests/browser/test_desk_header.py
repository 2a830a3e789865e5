"""The header of the desk at every width: nothing lies over anything else."""

import pytest

from tests.browser.test_journey import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = range(320, 1681, 80)
# Pairs of words of the header whose boxes lie over each other, and boxes that reach out of the window.
OVERLAPS = """() => {
    const parts = "#site-name a, .desk-nav ul, #header .desk-tool, #header .theme-toggle";
    const boxes = [...document.querySelectorAll(parts)]
        .filter((one) => one.checkVisibility()).map((one) => [one.textContent.trim(), one.getBoundingClientRect()]);
    const found = [];
    for (const [index, [words, box]] of boxes.entries()) {
        for (const [other, next] of boxes.slice(index + 1)) {
            const isOver = box.left < next.right - 1 && next.left < box.right - 1;
            if (isOver && box.top < next.bottom - 1 && next.top < box.bottom - 1) found.push(`${words} | ${other}`);
        }
    }
    return found;
}"""


@pytest.mark.parametrize("who", ["publisher", "admin"])
def test_no_words_of_the_header_lie_over_others_at_any_width(newsroom, visit, who):
    page = visit()
    sign_in(page, newsroom.people[who])
    page.goto("/admin/workflow/round/")
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if overlaps := page.evaluate(OVERLAPS):
            found[width] = overlaps
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert found == {}
