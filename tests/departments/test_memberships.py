"""Reach of a membership: department, children, responsible columns."""

import pytest

from articles.models import Article
from departments import permissions
from departments.exceptions import NotAllowed
from departments.models import Department, Role
from tests.factories import department, grant, person

pytestmark = pytest.mark.both_databases("memberships and seals are queried across tables")

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
def portal(superuser):
    made = {}
    for name, (kind, parent, responsible) in PORTAL.items():
        facts = {"kind": kind, "parent": made.get(parent), "responsible": made.get(responsible), "slug": name}
        made[name] = department(name, superuser, **facts)
    made[OUTSIDE_LINK] = department("返回主站", superuser, kind="link", slug=None, url="https://www.gov.cn/")
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
def test_a_membership_reaches_its_department_and_what_belongs_to_it_and_nothing_else(portal, superuser, seat):
    drafter = person("drafter")
    grant(drafter, "drafter", portal.get(seat), superuser)
    reached = {name for name in portal if permissions.can_draft(drafter, portal[name])}
    assert reached - {OUTSIDE_LINK} == REACH[seat]
    assert {name for name in portal if permissions.can_see(drafter, portal[name])} == reached
    for name in set(PORTAL) - REACH[seat]:
        with pytest.raises(NotAllowed, match=name):
            permissions.check_draft(drafter, portal[name])


@pytest.mark.parametrize("seat", REACH)
def test_lists_offer_exactly_what_the_checks_allow(portal, superuser, seat):
    somebody = person("somebody")
    grant(somebody, "drafter", portal.get(seat), superuser)
    offered = set(permissions.departments_to_draft_in(somebody).values_list("slug", flat=True))
    assert offered == REACH[seat] == set(permissions.departments_to_see(somebody).values_list("slug", flat=True))


def test_a_role_that_does_not_write_reads_but_does_not_write(portal, superuser):
    reviewer = person("reviewer")
    grant(reviewer, "reviewer", portal["org"], superuser)
    assert permissions.can_see(reviewer, portal["notices"])
    assert not permissions.can_draft(reviewer, portal["notices"])
    assert not permissions.departments_to_draft_in(reviewer).exists()


def test_a_role_counts_only_where_it_was_granted(portal, superuser):
    reviewer, role = person("reviewer"), Role.objects.get(code="reviewer")
    grant(reviewer, "reviewer", portal["org"], superuser)
    grant(reviewer, "publisher", portal["training"], superuser)
    permissions.check_hold_role(reviewer, portal["notices"], role)
    with pytest.raises(NotAllowed):
        permissions.check_hold_role(reviewer, portal["training"], role)
    assert permissions.role_ids_in(reviewer, portal["org"]) == {role.pk}


def test_somebody_without_a_membership_reaches_nothing(portal):
    nobody = person("nobody")
    assert not permissions.departments_to_see(nobody).exists()
    assert not any(permissions.can_see(nobody, found) for found in portal.values())


def test_memberships_of_somebody_deactivated_do_not_count(portal, superuser):
    left = person("left")
    grant(left, "drafter", None, superuser)
    assert permissions.can_draft(left, portal["org"])
    left.is_active = False
    left.save()
    assert not permissions.can_draft(left, portal["org"])
    assert not permissions.departments_to_see(left).exists()


def test_a_superuser_decides_nothing_without_the_role(portal, superuser):
    """Scenario 3."""
    role = Role.objects.get(code="publisher")
    with pytest.raises(NotAllowed):
        permissions.check_hold_role(superuser, portal["org"], role)
    grant(superuser, "publisher", portal["org"], superuser)
    permissions.check_hold_role(superuser, portal["org"], role)


@pytest.mark.parametrize(("where", "is_begun"), [("youth-news", True), ("training", False), (OUTSIDE_LINK, False)])
def test_an_article_is_begun_only_where_its_author_writes(client, portal, superuser, where, is_begun):
    """Scenario 12."""
    drafter = person("drafter")
    grant(drafter, "drafter", portal["org"], superuser)
    client.force_login(drafter)
    form = {"department": portal[where].pk, "title": "示例标题", "body": "<p>示例正文。</p>"}
    answer = client.post("/admin/articles/article/add/", form)
    assert (answer.status_code == 302) == is_begun
    assert list(Article.objects.values_list("department__slug", flat=True)) == ([where] if is_begun else [])


def test_somebody_who_writes_nowhere_cannot_begin_an_article(client, portal, superuser):
    reviewer = person("reviewer")
    grant(reviewer, "reviewer", None, superuser)
    client.force_login(reviewer)
    form = {"department": portal["org"].pk, "title": "示例标题", "body": "<p>示例正文。</p>"}
    assert client.post("/admin/articles/article/add/", form).status_code == 403
    assert not Article.objects.exists()


def test_the_outside_link_holds_no_articles(portal, superuser):
    everything = set(permissions.departments_to_draft_in(superuser).values_list("pk", flat=True))
    assert everything == set(Department.objects.exclude(kind="link").values_list("pk", flat=True))
