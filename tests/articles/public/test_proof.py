"""The proof 核验 of an article can be checked with the public key alone."""

import base64
import hashlib
import json
import shutil
import subprocess
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.test import Client
from django.utils import timezone

from articles.models import PublicationEnd
from departments import services as departments
from ledger import keys
from ledger.canonical_json import canonical_timestamp
from ledger.models import Alarm, Entry
from tests.factories import grant
from tests.ledger.attacker import tamper
from tests.ledger.auditor import named
from tests.portal.visitor import visit
from workflow import services

PAGES = ["proof/", "proof.json", "proof.svg"]


@pytest.fixture
def published(newsroom):
    return newsroom.published(title="签发的“标题”", body="<p>签发的正文。</p>", columns=[newsroom.elsewhere])


def proof(publication) -> dict:
    return Client().get(publication.get_absolute_url() + "proof.json").json()


def signature_verifies(facts: dict) -> bool:
    key = load_pem_public_key(facts["public_key"].encode())
    try:
        key.verify(bytes.fromhex(facts["seal"]["signature"]), facts["message"].encode())
    except InvalidSignature:
        return False
    return True


def test_the_signature_verifies_with_the_key_and_the_message_that_are_given(published):
    facts = proof(published)
    assert signature_verifies(facts)
    assert facts["seal"]["algorithm"] == "Ed25519"
    assert facts["seal"]["key"] == published.seal_key
    assert base64.b64decode(facts["seal"]["signature_base64"]).hex() == facts["seal"]["signature"]
    assert not signature_verifies({**facts, "message": facts["message"].replace("签发", "签髮")})


def test_the_message_is_the_manifest_and_the_manifest_names_what_the_page_shows(published):
    facts = proof(published)
    kind, _, manifest = facts["message"].partition("\n")
    assert kind == "qianfa publication"
    assert json.loads(manifest) == facts["manifest"]
    assert facts["manifest"]["title"] == facts["title"] == "签发的“标题”"
    assert facts["manifest"]["digest"] == facts["digest"]
    assert facts["manifest"]["site"] == "tests"


def test_the_digest_is_that_of_the_content_and_the_content_holds_every_word(published):
    facts = proof(published)
    assert hashlib.sha256(facts["content"].encode()).hexdigest() == facts["digest"]
    content = json.loads(facts["content"])
    assert content["body"] == "<p>签发的正文。</p>"
    assert content["schema"] == facts["content_schema"] == 1
    assert hashlib.sha256(content["body"].encode()).hexdigest() == facts["manifest"]["body"]


def test_it_says_who_approved_and_where_the_ledger_has_it(newsroom, published):
    facts = proof(published)
    assert facts["approvals"] == 2 and not facts["emergency"]
    assert [(sign["step"], sign["name"]) for sign in facts["sign_offs"]] == [
        ("审核", newsroom.reviewer.full_name),
        ("签发", newsroom.publisher.full_name),
    ]
    entry = Entry.objects.get(verb="article.published")
    assert facts["ledger"]["entry"] == {"number": entry.number, "hash": entry.hash}
    assert facts["url"] == f"http://testserver{published.get_absolute_url()}"


def test_it_says_until_when_the_article_is_public_with_a_signature_of_its_own(newsroom, published):
    """Scenario 55. Setting an end leaves the seal of the words as it is."""
    before = proof(published)
    assert before["end"] is None
    services.expire(published.article, by=newsroom.publisher, at=timezone.now() + timedelta(days=1))
    facts, end = proof(published), PublicationEnd.objects.get(publication=published)
    assert (facts["seal"], facts["message"]) == (before["seal"], before["message"])
    assert facts["end"]["until"] == canonical_timestamp(end.until)
    assert signature_verifies(facts["end"])
    assert json.loads(facts["end"]["message"].partition("\n")[2])["until"] == facts["end"]["until"]
    until = f"{timezone.localtime(end.until):%Y-%m-%d %H:%M:%S}"
    assert until in visit(published.get_absolute_url() + "proof/").words
    services.expire(published.article, by=newsroom.publisher, at=None)
    assert proof(published)["end"] is None
    assert until not in visit(published.get_absolute_url() + "proof/").words


def test_the_page_says_that_the_seal_holds_and_shows_the_facts(newsroom, published):
    page = visit(published.get_absolute_url() + "proof/")
    assert page.status == 200
    for fact in (published.digest, published.seal_signature, published.seal_key, newsroom.publisher.full_name):
        assert fact in page.words
    assert page.all(class_="proof-verdict") and not page.all(class_="is-broken")
    assert page.one("img", src=published.get_absolute_url() + "proof.svg")


def test_the_article_leads_to_its_proof(published):
    links = visit(published.get_absolute_url()).one(class_="article-meta").links()
    assert published.get_absolute_url() + "proof/" in [address for address, _ in links]


@pytest.mark.skipif(not shutil.which("openssl"), reason="the machine has no openssl")
def test_the_lines_on_the_page_work_as_they_stand_there(published, tmp_path):
    """But for curl and jq, whose part is played here, so that the test needs neither network nor jq."""
    lines = visit(published.get_absolute_url() + "proof/").one("pre").words
    facts = proof(published)
    (tmp_path / "message.txt").write_text(facts["message"])
    (tmp_path / "key.pem").write_text(facts["public_key"])
    commands = [
        ("openssl base64 -d -A > seal.bin", facts["seal"]["signature_base64"] + "\n", ""),
        (
            "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message.txt -sigfile seal.bin",
            "",
            "Signature Verified Successfully",
        ),
        ("openssl dgst -sha256", facts["content"], facts["digest"]),
    ]
    for command, given, answer in commands:
        assert command in lines
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, input=given.encode(), capture_output=True, check=True
        )
        assert answer in done.stdout.decode()
    (tmp_path / "message.txt").write_text(facts["message"].replace("签发", "签髮"))
    assert subprocess.run(["sh", "-c", commands[1][0]], cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_the_code_is_an_image_that_can_do_nothing(published):
    response = Client().get(published.get_absolute_url() + "proof.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Content-Security-Policy"] == "default-src 'none'"
    svg = response.content.decode()
    assert "<svg" in svg and "style" not in svg and "script" not in svg


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_public_has_no_proof(newsroom, page):
    """Scenario 34."""
    waiting = newsroom.reviewed()
    scheduled = newsroom.published(at=timezone.now() + timedelta(days=1))
    for article in (waiting.article, scheduled.article):
        assert visit(f"/{newsroom.department.slug}/{article.pk}/{page}").status == 404


@pytest.mark.parametrize("page", PAGES)
def test_what_was_withdrawn_has_no_proof_any_more(newsroom, published, page):
    """Scenario 31."""
    services.withdraw(published.article, by=newsroom.publisher, reason="有误", notice="已撤稿")
    answer = visit(published.get_absolute_url() + page)
    assert answer.status == 410 and published.digest not in answer.html


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE articles_revision SET body = '被改的正文' WHERE id = {revision}",
        "UPDATE articles_publication SET title = '被改的标题' WHERE id = {publication}",
        "UPDATE articles_publication SET dated = '2014-02-07 00:00:00' WHERE id = {publication}",
    ],
    ids=["body", "title", "date"],
)
def test_what_was_changed_has_no_proof_but_an_error(published, page, statement):
    """Scenario 43."""
    tamper(statement.format(revision=published.revision_id, publication=published.pk))
    answer = visit(published.get_absolute_url() + page)
    assert answer.status == 503 and "被改" not in answer.html


@pytest.mark.parametrize("page", PAGES)
def test_an_address_under_the_department_s_former_name_leads_on(newsroom, published, page):
    """Scenario 33."""
    former = published.get_absolute_url()
    here = published.department
    here.slug = "new-name"
    departments.save_department(here, by=newsroom.admin)
    answer = Client().get(former + page)
    assert (answer.status_code, answer["Location"]) == (301, f"/new-name/{published.article_id}/{page}")


def test_an_emergency_publication_claims_no_approval(newsroom):
    """Scenario 27."""
    article = newsroom.draft()
    digest = article.active_draft().compute_digest()
    publication = services.publish_in_emergency(article, by=newsroom.publisher, seen=digest, reason="汛情")
    facts = proof(publication)
    assert facts["emergency"] and facts["approvals"] == 0
    grant(newsroom.stranger, "publisher", newsroom.department, newsroom.admin)
    services.confirm_emergency(article, by=newsroom.stranger, seen=publication.digest)
    facts = proof(publication)
    assert not facts["emergency"] and facts["approvals"] == 0
    assert signature_verifies(facts)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ledger_entry WHERE verb = 'article.published'",
        "UPDATE ledger_entry SET actor_name = '别人' WHERE verb = 'article.published'",
    ],
)
def test_a_publication_that_the_ledger_lost_is_shown_as_such(published, statement):
    """Scenario 44."""
    tamper(statement)
    page = visit(published.get_absolute_url() + "proof/")
    assert page.status == 200 and page.all(class_="is-broken")
    assert proof(published)["ledger"]["entry"] is None
    assert Alarm.objects.get().subject == f"publication {published.pk}"
    assert named("ledger entry") or named(f"publication {published.pk}")


def test_the_key_that_is_given_is_the_trusted_one_from_its_file(published, settings):
    file = settings.TRUSTED_KEYS_DIR / f"{published.seal_key}.pem"
    assert proof(published)["public_key"] == file.read_text()
    assert keys.key_id(load_pem_public_key(file.read_bytes())) == published.seal_key
