"""What tests of the public pages need."""

import pytest

from portal import identity
from portal.models import Identity
from tests.ledger.conftest import fresh_record

__all__ = ["fresh_record"]

WORDS = {
    "name": "省直机关党建网",
    "description": "公众读到的，正是领导签发的。",
    "organiser": "省直机关工委",
    "copyright_holder": "省直机关工委",
    "address": "合肥市长江路39号",
    "email": "szdd@example.org",
    "icp_number": "皖ICP备07502461号",
    "technical_support": "龙讯科技",
}


@pytest.fixture
def site(newsroom):
    """The identity of the site, as its superuser has given it."""
    return identity.save(Identity(**WORDS), by=newsroom.admin)


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT
