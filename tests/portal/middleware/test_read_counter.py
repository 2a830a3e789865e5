"""The read counter answers as Django's view does."""

from ipaddress import ip_network

import pytest
from django.core.handlers.wsgi import WSGIHandler

from articles.models import ReadTotal
from tests.articles.reads.test_counting import BROWSER, CRAWLERS
from tests.portal.page_cache.wsgi_site import Site
from workflow import services

pytestmark = pytest.mark.usefixtures("site")
OURS = {"HTTP_USER_AGENT": BROWSER, "HTTP_SEC_FETCH_SITE": "same-origin"}


class Handed:
    """Django, and how often it was asked."""

    def __init__(self):
        self.django, self.times = WSGIHandler(), 0

    def __call__(self, environ, start):
        self.times += 1
        return self.django(environ, start)


@pytest.fixture
def article(newsroom):
    return newsroom.published().article


@pytest.fixture
def django():
    return Handed()


@pytest.fixture
def front(django):
    return Site(django)


def counted(article):
    return ReadTotal.objects.filter(article=article).values_list("count", flat=True).first() or 0


def read(site, article, **more):
    return site.get(f"/reads/{article.pk}/", "POST", **OURS | more)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_answer_is_the_one_that_django_gives(django, article, settings, scheme):
    settings.SECURE_HSTS_SECONDS = 3600
    front, behind = Site(django), Site()
    behind.application = behind.pages
    for more, status in [({}, 200), ({"HTTP_SEC_FETCH_SITE": "cross-site"}, 403)]:
        own = read(front, article, **{"wsgi.url_scheme": scheme, **more})
        theirs = read(behind, article, **{"wsgi.url_scheme": scheme, **more})
        assert own.status == theirs.status == status
        assert own.body == theirs.body
        assert in_order(own.headers) == in_order(theirs.headers)
        assert own.headers["X-Content-Type-Options"] == "nosniff"
    assert django.times == 0


def in_order(headers):
    """The directives of a policy have no order of their own. Languages are the chrome's, which there is none of."""
    policy = {part.strip() for part in headers["Content-Security-Policy"].split(";")}
    others = {"Content-Security-Policy", "Content-Language", "Vary"}
    return policy, {name: value for name, value in headers.items() if name not in others}


def test_a_visitor_is_counted_once_and_visitors_are_told_apart(front, django, article):
    """Scenario 38."""
    answers = [read(front, article, REMOTE_ADDR=f"192.0.2.{number}").text for number in (1, 1, 2)]
    assert answers == ['{"reads": 1}', '{"reads": 1}', '{"reads": 2}']
    assert counted(article) == 2
    assert django.times == 0


def test_the_visitor_is_the_one_that_our_proxy_names(front, article, settings):
    settings.TRUSTED_PROXIES = [ip_network("198.51.100.7")]
    for number in (1, 1, 2):
        read(front, article, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    assert counted(article) == 2


@pytest.mark.parametrize("agent", CRAWLERS[:3])
def test_a_crawler_is_answered_and_not_counted(front, article, agent):
    assert read(front, article, HTTP_USER_AGENT=agent).text == '{"reads": 0}'
    assert counted(article) == 0


def test_another_site_counts_nothing(front, article):
    assert read(front, article, HTTP_SEC_FETCH_SITE="cross-site").status == 403
    assert counted(article) == 0


def test_staff_are_not_counted(front, django, article, newsroom, client):
    client.force_login(newsroom.publisher)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    assert read(front, article, HTTP_COOKIE=cookies).text == '{"reads": 0}'
    assert counted(article) == 0
    assert django.times == 1


def test_what_is_withdrawn_is_not_found(front, django, article, newsroom):
    services.withdraw(article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    assert read(front, article).status == 404
    assert counted(article) == 0
    assert django.times == 1


def test_a_number_that_no_article_can_have_is_not_found(front):
    assert front.get(f"/reads/{10**17}/", "POST", **OURS).status == 404
    assert front.get(f"/reads/{10**30}/", "POST", **OURS).status == 404


def test_another_host_is_refused(front, article):
    assert read(front, article, HTTP_HOST="evil.example").status == 400
    assert counted(article) == 0


def test_only_a_post_counts(front, django, article):
    assert front.get(f"/reads/{article.pk}/", **OURS).status == 405
    assert counted(article) == 0
    assert django.times == 1


def test_where_https_is_asked_for_a_plain_read_is_sent_there(article, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = read(Site(), article)
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://")
    assert counted(article) == 0
