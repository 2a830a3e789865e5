"""How far a membership reaches: its department, that one's children, and the columns they answer for."""

import pytest

from articles.models import Article
from departments import permissions
from departments.models import Department, Role
from departments.permissions import NotAllowed
from tests.newsroom import department, grant, person

# name → (kind, part of, responsible)
PORTAL = {
    "org": ("department", None, None),
    "org-youth": ("department", "org", None),
    "notices": ("column", None, "org"),
    "notices-old": ("column", "notices", None),
    "youth-news": ("column", None, "org-youth"),
    "training": ("department", None, None),
    "training-sub": ("department", "training", None),
    "training-column": ("column", None, "training"),
    "nobodys-column": ("column", None, None),
}
OUTSIDE_LINK = "main-site"


@pytest.fixture
def portal(boss):
    made = {}
    for name, (kind, parent, responsible) in PORTAL.items():
        facts = {"kind": kind, "parent": made.get(parent), "responsible": made.get(responsible), "slug": name}
        made[name] = department(name, boss, **facts)
    made[OUTSIDE_LINK] = department("返回主站", boss, kind="link", slug=None, url="https://www.gov.cn/")
    return made


REACH = {
    "org": {"org", "org-youth", "notices", "notices-old", "youth-news"},
    "org-youth": {"org-youth", "youth-news"},
    "notices": {"notices", "notices-old"},
    "training": {"training", "training-sub", "training-column"},
    "nobodys-column": {"nobodys-column"},
    None: set(PORTAL),  # the whole site
}


@pytest.mark.parametrize("seat", REACH)
def test_a_membership_reaches_its_department_and_what_belongs_to_it_and_nothing_else(portal, boss, seat):
    drafter = person("drafter")
    grant(drafter, "drafter", portal.get(seat), boss)
    reached = {name for name in portal if permissions.can_draft(drafter, portal[name])}
    assert reached - {OUTSIDE_LINK} == REACH[seat]
    assert {name for name in portal if permissions.can_see(drafter, portal[name])} == reached
    for name in set(PORTAL) - REACH[seat]:
        with pytest.raises(NotAllowed, match=name):
            permissions.check_draft(drafter, portal[name])


@pytest.mark.parametrize("seat", REACH)
def test_lists_offer_exactly_what_the_checks_allow(portal, boss, seat):
    somebody = person("somebody")
    grant(somebody, "drafter", portal.get(seat), boss)
    offered = set(permissions.departments_to_draft_in(somebody).values_list("slug", flat=True))
    assert offered == REACH[seat] == set(permissions.departments_to_see(somebody).values_list("slug", flat=True))


def test_a_role_that_does_not_write_reads_but_does_not_write(portal, boss):
    reviewer = person("reviewer")
    grant(reviewer, "reviewer", portal["org"], boss)
    assert permissions.can_see(reviewer, portal["notices"])
    assert not permissions.can_draft(reviewer, portal["notices"])
    assert not permissions.departments_to_draft_in(reviewer).exists()


def test_a_role_counts_only_where_it_was_granted(portal, boss):
    reviewer, role = person("reviewer"), Role.objects.get(code="reviewer")
    grant(reviewer, "reviewer", portal["org"], boss)
    grant(reviewer, "publisher", portal["training"], boss)
    permissions.check_decide(reviewer, portal["notices"], role, hands=[], decided=[])
    with pytest.raises(NotAllowed):
        permissions.check_decide(reviewer, portal["training"], role, hands=[], decided=[])
    assert permissions.roles_in(reviewer, portal["org"]) == {role.pk}


def test_somebody_without_a_membership_reaches_nothing(portal):
    nobody = person("nobody")
    assert not permissions.departments_to_see(nobody).exists()
    assert not any(permissions.can_see(nobody, found) for found in portal.values())


def test_memberships_of_somebody_deactivated_do_not_count(portal, boss):
    left = person("left")
    grant(left, "drafter", None, boss)
    assert permissions.can_draft(left, portal["org"])
    left.is_active = False
    left.save()
    assert not permissions.can_draft(left, portal["org"])
    assert not permissions.departments_to_see(left).exists()


def test_a_superuser_decides_nothing_without_the_role(portal, boss):
    """Scenario 3."""
    role = Role.objects.get(code="publisher")
    with pytest.raises(NotAllowed):
        permissions.check_decide(boss, portal["org"], role, hands=[], decided=[])
    grant(boss, "publisher", portal["org"], boss)
    permissions.check_decide(boss, portal["org"], role, hands=[], decided=[])


@pytest.mark.parametrize(("where", "is_begun"), [("youth-news", True), ("training", False), (OUTSIDE_LINK, False)])
def test_an_article_is_begun_only_where_its_author_writes(client, portal, boss, where, is_begun):
    """Scenario 12."""
    drafter = person("drafter")
    grant(drafter, "drafter", portal["org"], boss)
    client.force_login(drafter)
    form = {"department": portal[where].pk, "title": "示例标题", "body": "<p>示例正文。</p>"}
    answer = client.post("/admin/articles/article/add/", form)
    assert (answer.status_code == 302) == is_begun
    assert list(Article.objects.values_list("department__slug", flat=True)) == ([where] if is_begun else [])


def test_somebody_who_writes_nowhere_cannot_begin_an_article(client, portal, boss):
    reviewer = person("reviewer")
    grant(reviewer, "reviewer", None, boss)
    client.force_login(reviewer)
    form = {"department": portal["org"].pk, "title": "示例标题", "body": "<p>示例正文。</p>"}
    assert client.post("/admin/articles/article/add/", form).status_code == 403
    assert not Article.objects.exists()


def test_the_outside_link_holds_no_articles(portal, boss):
    everything = set(permissions.departments_to_draft_in(boss).values_list("pk", flat=True))
    assert everything == set(Department.objects.exclude(kind="link").values_list("pk", flat=True))
