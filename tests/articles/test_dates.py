"""Dates that people type: bounds, messages, nonexistent times."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles import drafts
from articles.dates import (
    PLANNED,
    SHOWN,
    DayField,
    MomentField,
    PlannedDayField,
    ShownDayField,
    ShownMomentField,
    begins,
    check_date,
    local,
    years_between,
)
from articles.editing.forms import DraftForm
from articles.models import Revision
from departments.exceptions import WrongState
from portal.admin import IdentityAdmin
from portal.models import Identity
from tests.factories import nothing_changes
from workflow import services
from workflow.admin.pipelines import DelegationForm
from workflow.desk.forms import DecisionForm, ExpiryForm, PinForm

pytestmark = pytest.mark.both_databases("unusual dates and characters are stored and compared by each database")

AUTOSAVE = "/admin/articles/article/editing/autosave/"


def wall(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize("text", ["1900-01-01T00:00", "1985-06-01T09:30", "2000-01-01T00:00"])
def test_a_shown_date_within_bounds_is_taken_as_typed(text):
    assert wall(ShownMomentField().clean(text)) == text.replace("T", " ")


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00", "0001-01-01T12:00", "1899-12-31T23:59", "2200-01-01T00:00", "9999-12-31T23:59"]
)
@pytest.mark.parametrize("kind", [ShownMomentField, MomentField])
def test_a_moment_out_of_bounds_is_refused(kind, text):
    with pytest.raises(ValidationError) as refused:
        kind().clean(text)
    assert refused.value.messages[0].startswith(("日期过早，最早为", "日期过晚，最晚为"))


@pytest.mark.parametrize("kind", [DayField, ShownDayField, PlannedDayField])
@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31", "10000-01-01", "2014-02-30"])
def test_a_day_out_of_bounds_is_refused(kind, text):
    with pytest.raises(ValidationError, match="日期"):
        kind().clean(text)


@pytest.mark.parametrize("bounds", [SHOWN, PLANNED])
def test_the_last_day_is_within_bounds_and_the_next_is_not(bounds):
    last = timezone.localdate() + bounds.ahead
    for value in (last, begins(last), begins(last + timedelta(days=1)) - timedelta(microseconds=1)):
        check_date(value, bounds)
    for value in (last + timedelta(days=1), begins(last + timedelta(days=1))):
        with pytest.raises(ValidationError):
            check_date(value, bounds)


@pytest.mark.parametrize("kind", [ShownMomentField, MomentField])
@pytest.mark.parametrize("day", ["1949-05-01", "1940-06-01", "1919-04-13"])
def test_a_midnight_that_never_existed_is_moved_on(kind, day):
    moment = kind().clean(f"{day}T00:00")
    assert wall(moment) == f"{day} 01:00" == wall(begins(date.fromisoformat(day)))


def test_a_time_that_came_twice_is_taken():
    assert wall(MomentField().clean("1949-05-28T00:00")) == "1949-05-28 00:00"
    assert wall(MomentField().clean("1991-09-15T01:30")) == "1991-09-15 01:30"


def test_a_moment_with_its_zone_keeps_it():
    assert MomentField().clean("2020-01-01T00:00:00Z") == datetime(2020, 1, 1, tzinfo=UTC)


def test_every_form_that_asks_for_a_date_checks_it(rf, admin_user):
    kinds = [
        *[(DraftForm.base_fields["dated"], ShownMomentField), (DraftForm.base_fields["issued_on"], ShownDayField)],
        *[(form.base_fields[name], MomentField) for form, name in ((DecisionForm, "at"), (ExpiryForm, "at"))],
        *[(form.base_fields[name], MomentField) for form, name in ((PinForm, "until"), (DelegationForm, "begins_at"))],
        (DelegationForm.base_fields["ends_at"], MomentField),
    ]
    request = rf.get("/")
    request.user = admin_user
    identity = IdentityAdmin(Identity, None)
    days = [Identity._meta.get_field(name) for name in ("mourning_from", "mourning_until")]
    kinds += [(identity.formfield_for_dbfield(day, request), PlannedDayField) for day in days]
    assert [field.label for field, kind in kinds if not isinstance(field, kind)] == []


@pytest.mark.parametrize(("name", "value"), [("dated", "0001-01-01T00:00"), ("dated", "9999-01-01T00:00")])
def test_saving_and_autosaving_name_the_field(newsroom, client, name, value):
    draft = newsroom.draft().active_draft()
    words = {"article": draft.article_id, "version": draft.version, "title": "新题", "body": "<p>新文</p>", name: value}
    client.force_login(newsroom.drafter)
    with nothing_changes():
        page = client.post(f"/admin/articles/article/{draft.article_id}/change/", words)
    assert page.status_code == 200 and "日期过" in page.context["form"].errors[name][0]
    answer = client.post(AUTOSAVE, words)
    assert answer.status_code == 200 and set(answer.json()["errors"]) == {name}
    draft.refresh_from_db()
    assert (draft.title, draft.dated) == ("新题", None)


def test_a_draft_with_an_impossible_date_is_not_submitted_whichever_way_it_came_in(newsroom):
    article = newsroom.draft(dated=datetime(9999, 1, 1, tzinfo=UTC))
    with pytest.raises(WrongState, match="日期过晚"):
        services.submit(article, by=newsroom.drafter)
    Revision.objects.update(dated=None, issued_on=date(1, 1, 1))
    with pytest.raises(drafts.DraftNotReady, match="日期过早"):
        drafts.check_draft_ready(article.active_draft())


def test_years_stay_within_bounds_whatever_the_rows_say():
    this = timezone.now()
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert years_between(first, last)[-1] == 1900 and years_between(first, last)[0] <= this.year + 1
    assert years_between(last, last) == years_between(first, first) == []
    assert years_between(this, this) == [timezone.localtime(this).year]
    assert local(last) == last
