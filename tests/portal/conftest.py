"""Fixtures of the tests that look at public pages."""

from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings

from tests.public_pages import Shown, every_kind


@pytest.fixture(scope="session")
def shown(django_db_setup, django_db_blocker, tmp_path_factory) -> dict[str, Shown]:
    """Every kind of public page, once a process. What they were made from is gone from the database again."""
    from ledger.heads import head_file
    from portal.identity import save_identity
    from portal.models import Identity
    from tests.factories import SITE_IDENTITY, Newsroom

    folder: Path = tmp_path_factory.mktemp("public-pages")
    own_files = override_settings(MEDIA_ROOT=folder / "media", LEDGER_HEAD_FILE=folder / "ledger-heads.jsonl")
    with own_files, django_db_blocker.unblock(), transaction.atomic():
        head_file.begin_heads()
        newsroom = Newsroom.open()
        save_identity(Identity(**SITE_IDENTITY), by=newsroom.admin)
        pages = every_kind(newsroom)
        transaction.set_rollback(True)
    return pages
