"""Slugs stand in links only while sealed; former ones lead only where they were sealed (scenario 56)."""

import pytest

from departments.models import Department, FormerSlug
from departments.services import save_department
from tests.ledger.attacker import copied, run, tamper, undone
from tests.ledger.auditor import named, verify
from tests.portal.visitor import visit

pytestmark = pytest.mark.django_db
EVIL = "/evil.example"


@pytest.fixture
def renamed(newsroom):
    """The department, whose former slug is "before"."""
    department = Department.objects.get(pk=newsroom.department.pk)
    for slug in ("before", "now"):
        department.slug = slug
        save_department(department, by=newsroom.admin)
    return department


def test_a_former_address_leads_to_the_present_one(renamed, client):
    assert client.get("/before/")["Location"] == "/now/" and verify() == []


def test_a_former_address_that_was_changed_leads_nowhere(newsroom, renamed, client):
    """Scenario 56."""
    former = FormerSlug.objects.get(slug="before")
    for column, value in {"department_id": newsroom.elsewhere.pk, "slug": "other", "seal_key": "0" * 16}.items():
        with undone():
            tamper(f"UPDATE departments_formerslug SET {column} = %s WHERE id = %s", [value, former.pk])
            assert client.get("/before/").status_code == client.get("/other/").status_code == 404, column
            assert named(f"former address {former.pk}"), column


def test_a_former_address_that_was_put_in_or_is_gone_is_named(newsroom, renamed, client):
    """Scenario 56."""
    former = FormerSlug.objects.get(slug="before")
    with undone():
        run(*copied(FormerSlug, former.pk, slug="other"))
        assert client.get("/other/").status_code == 404
        assert len(named(f"former address {FormerSlug.objects.get(slug='other').pk}")) == 1
    tamper("DELETE FROM departments_formerslug WHERE id = %s", [former.pk])
    assert verify() == [f"former address before: department {renamed.pk} left it, but it leads nowhere"]


def test_no_link_has_a_slug_that_was_changed_in_the_database(newsroom, client):
    """Scenario 56. "//evil.example/5/" would lead to another site."""
    published = newsroom.published(keywords="党建", columns=[newsroom.elsewhere])
    newsroom.published(keywords="党建")
    page, where = published.get_absolute_url(), newsroom.department.get_absolute_url()
    letter_form, further = f"/feedback/?about={published.article_id}", newsroom.elsewhere.get_absolute_url()
    tamper("UPDATE departments_department SET slug = %s WHERE id = %s", [EVIL, newsroom.department.pk])
    addresses = ["/", page, where, f"{page}proof/", further, "/search/?q=示例", "/feed/", "/sitemap.xml", letter_form]
    for address in addresses:
        answer = client.get(address)
        shown = answer.content.decode() + answer.get("Location", "")
        assert "evil.example" not in shown, address
        assert answer.status_code in (200, 404, 503), address
    assert visit(page).status == 503 and visit(further).titles == []
