"""Checks on a text: what they find, and where."""

import pytest

from articles.editing import checks as registry
from articles.editing.checks import Finding, Severity, run_checks
from tests.images import pasted, picture

pytestmark = pytest.mark.django_db

SOUND = {
    "title": "植树活动安排",
    "body": "<p>三月十二日上午九时集合。</p>",
    "summary": "三月十二日植树。",
    "source": "办公室",
}


def found(newsroom, **content):
    return [(one.severity, one.field) for one in run_checks(newsroom.draft(**{**SOUND, **content}).active_draft())]


def test_a_sound_text_has_no_findings(newsroom):
    assert found(newsroom) == []


@pytest.mark.parametrize(
    ("content", "severity", "where"),
    [
        ({"title": "长" * 31}, "note", "title"),
        ({"summary": ""}, "note", "summary"),
        ({"source": ""}, "note", "source"),
        ({"body": '<p>见<a href="https://other.example/">外部</a></p>'}, "note", "body"),
        ({"body": "<p>见<a>这里</a></p>"}, "warning", "body"),
        ({"body": '<p>见<a href="#">这里</a></p>'}, "warning", "body"),
        ({"body": '<p>见<a href="/a/1/"></a>。</p>'}, "warning", "body"),
        ({"body": "<p>详见附件。</p>"}, "warning", "attachments"),
    ],
)
def test_each_fault_is_found_where_it_is(newsroom, content, severity, where):
    assert found(newsroom, **content) == [(severity, where)]


def test_a_picture_without_a_description_is_found_and_one_with_it_is_not(newsroom):
    assert found(newsroom, body=f"<p>图</p>{pasted(picture(), name='林场')}") == []
    assert found(newsroom, body=f"<p>图</p>{pasted(picture(), name='')}") == [("warning", "body")]


def test_the_fields_of_documents_are_asked_for_where_the_column_holds_documents(newsroom):
    newsroom.department.asks_for_documents = True
    newsroom.department.save()
    wheres = [where for _severity, where in found(newsroom, document_number="一号")]
    assert wheres == ["issuing_body", "issued_on", "index_number"]


def test_links_within_the_site_and_mail_are_no_findings(newsroom):
    own = '<p><a href="/a/1/">甲</a><a href="http://testserver/a/">乙</a><a href="mailto:a@b.example">丙</a></p>'
    assert found(newsroom, body=own) == []


def test_another_app_adds_a_check_and_the_worst_stands_first(newsroom, monkeypatch):
    monkeypatch.setattr(registry, "registered_checks", [*registry.registered_checks])
    registry.register_check(lambda revision: [Finding(Severity.ERROR, "错别字", quote=revision.body[3:5])])
    draft = newsroom.draft(**{**SOUND, "source": ""}).active_draft()
    assert [one.severity for one in run_checks(draft)] == ["error", "note"]


def test_one_check_gives_a_bounded_number_of_findings(newsroom):
    assert len(found(newsroom, body="<p><a>链接</a></p>" * 50)) == registry.MAX_FINDINGS_PER_CHECK
