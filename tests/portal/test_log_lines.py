"""The log: one line for each refused request, a traceback for errors of our own."""

import io
import logging

import pytest
from django.conf import settings
from django.http import UnreadablePostError
from django.test import Client
from django.urls import path

from portal.urls import *  # noqa: F403 (the site's own addresses, and error pages, with one more address below)
from portal.urls import urlpatterns as addresses_of_the_site


def fail(_request):
    raise RuntimeError("an error of our own")


def break_off(_request):
    raise UnreadablePostError("the connection was closed")


urlpatterns = [path("fail/", fail), path("break-off/", break_off), *addresses_of_the_site]


@pytest.fixture
def log(db):
    """What a handler like that of the settings writes, from here on."""
    (console,) = [handler for handler in logging.getLogger().handlers if handler.name == "console"]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(console.formatter)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def lines(log) -> list[str]:
    """The lines without their time."""
    return [line.split(" ", 2)[2] for line in log.getvalue().splitlines()]


def client(**extra) -> Client:
    return Client(raise_request_exception=False, REMOTE_ADDR="192.0.2.7", **extra)


def test_a_403_is_one_line_with_address_and_reason(newsroom, log):
    signed_in = client()
    signed_in.force_login(newsroom.drafter)
    assert signed_in.get("/admin/departments/membership/import/").status_code == 403
    (line,) = lines(log)
    assert line.startswith(
        "WARNING django.request: 403 GET /admin/departments/membership/import/ from 192.0.2.7: NotAllowed: "
    )


def test_a_404_is_one_line(log):
    assert client().get("/nothing-here/").status_code == 404
    assert lines(log) == ["WARNING django.request: 404 GET /nothing-here/ from 192.0.2.7: Not Found"]


def test_a_forged_form_is_one_line_with_the_reason(log):
    assert client(enforce_csrf_checks=True).post("/admin/login/", {}).status_code == 403
    (line,) = lines(log)
    assert line.startswith("WARNING django.security.csrf: 403 POST /admin/login/ from 192.0.2.7: Forbidden (CSRF ")


@pytest.mark.parametrize(
    ("send", "reason"),
    [
        (lambda: client().get("/", headers={"Host": "evil.example"}), "DisallowedHost: Invalid HTTP_HOST header: "),
        (lambda: client().get("/", headers={"User-Agent": "\0"}), "NulCharacter: NUL character in HTTP_USER_AGENT"),
        (
            lambda: client().post("/admin/login/", {"x": "y" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}),
            "RequestDataTooBig: ",
        ),
        (lambda: client().post("/admin/login/", {str(n): "" for n in range(1001)}), "TooManyFieldsSent: "),
        (
            lambda: client().post("/admin/login/", b"--", content_type="multipart/form-data; boundary="),
            "MultiPartParserError: Invalid boundary",
        ),
    ],
    ids=["host", "NUL", "too large", "too many fields", "unreadable"],
)
def test_a_suspicious_request_is_one_line_with_the_reason(log, send, reason):
    assert send().status_code == 400
    (line,) = lines(log)
    assert f" from 192.0.2.7: {reason}" in line


def test_a_body_that_breaks_off_is_one_line(log, settings):
    settings.ROOT_URLCONF = __name__
    client().post("/break-off/")
    assert lines(log) == [
        "ERROR django.request: 500 POST /break-off/ from 192.0.2.7: UnreadablePostError: the connection was closed"
    ]


def test_an_error_of_our_own_keeps_its_traceback(log, settings):
    settings.ROOT_URLCONF = __name__
    assert client().get("/fail/").status_code == 500
    written = log.getvalue()
    assert "ERROR django.request: Internal Server Error: /fail/\nTraceback (most recent call last):" in written
    assert written.endswith("RuntimeError: an error of our own\n")


def test_a_path_writes_no_line_of_its_own(log):
    """%0A, a carriage return, and what turns the direction of writing."""
    client().get("/a%0A2026-01-01 00:00:00 INFO all is well/%0D/%E2%80%AE/关于/")
    (line,) = lines(log)
    assert r"404 GET /a\n2026-01-01 00:00:00 INFO all is well/\r/\u202e/关于/ from" in line


def test_a_long_path_is_cut(log):
    client().get(f"/{'x' * 5000}/")
    (line,) = lines(log)
    assert len(line) < 500
