"""Fixtures for tests of accounts."""

import pytest

from tests.factories import PASSWORD


@pytest.fixture
def sign_in(client):
    """A function that posts the sign-in form; the response is a redirect when it succeeded."""

    def post(username, password=PASSWORD, **extra):
        return client.post("/admin/login/", {"username": username, "password": password}, **extra)

    return post
