"""Themes: part of the sealed identity."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ledger.models import Entry
from portal import identity
from portal.models import Identity
from tests.factories import SITE_IDENTITY
from tests.ledger.attacker import run, tamper
from tests.ledger.auditor import verify
from tests.portal.visitor import visit
from tests.public_pages import every_kind


def theme(page):
    return page.one("html").attributes.get("data-theme")


@pytest.mark.slow
def test_the_site_is_red_until_it_is_made_blue_and_then_every_kind_of_page_is(newsroom, site, media):
    assert theme(visit("/")) == "red"
    identity.save_identity(Identity(**SITE_IDENTITY, theme="blue"), by=newsroom.admin)
    for kind, page in every_kind(newsroom).items():
        # The page of a fault of our own asks nothing of the database.
        assert ('data-theme="blue"' in page.html) is (kind != "500"), kind
    icons = [link.attributes["href"] for link in visit("/").all("link", rel="icon")]
    assert icons == ["/static/public/favicon-blue.svg"]


def test_superusers_choose_the_theme_and_the_ledger_has_it(newsroom, site, client):
    form = {**SITE_IDENTITY, "theme": "blue"}
    client.force_login(newsroom.publisher)
    assert client.post("/admin/portal/identity/add/", form).status_code == 403
    assert theme(visit("/")) == "red"
    client.force_login(newsroom.admin)
    assert client.post("/admin/portal/identity/add/", form).status_code == 302
    assert theme(visit("/")) == "blue"
    entry = Entry.objects.filter(verb="identity.changed").latest("number")
    assert (entry.data["theme"], entry.actor_id) == ("blue", newsroom.admin.pk)
    assert not verify()


def test_a_theme_that_is_none_is_refused_by_the_service_and_by_the_database(newsroom, site):
    with pytest.raises(ValidationError) as refused:
        identity.save_identity(Identity(**SITE_IDENTITY, theme='red" onload="'), by=newsroom.admin)
    assert "theme" in refused.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        run("UPDATE portal_identity SET theme = %s WHERE id = %s", ["green", site.pk])
    assert theme(visit("/")) == "red"


def test_a_theme_set_behind_the_sites_back_is_named_and_not_shown(newsroom, site):
    """Scenario 43."""
    tamper("UPDATE portal_identity SET theme = %s WHERE id = %s", ["blue", site.pk])
    assert theme(visit("/")) != "blue"
    assert [line for line in verify() if line.startswith(f"identity {site.pk} ")]
