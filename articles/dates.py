"""Date validation and date form fields; safe formatting of dates that rows hold.

`check_date` checks every date that somebody types; the fields of forms below call it. Times are those of the site's
time zone, in which some never existed: where clocks went forward at midnight, that midnight becomes one o'clock.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone as django_timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_WALL = timezone(timedelta(0), "wall clock")  # marks what was typed without a zone


@dataclass(frozen=True)
class Bounds:
    """From EARLIEST until `ahead` of today; None: until LATEST."""

    ahead: timedelta | None = None

    def latest(self) -> date:
        return LATEST if self.ahead is None else min(LATEST, django_timezone.localdate() + self.ahead)


SEARCHED = Bounds()
SHOWN = Bounds(timedelta(days=30))  # the date that visitors see, and the date of issue
PLANNED = Bounds(timedelta(days=20 * 365))  # ends, schedules, pins, delegations, days of mourning


def check_date(value: date | datetime, bounds: Bounds) -> None:
    """Raise ValidationError for a day, or a moment with its time zone, outside the bounds."""
    earliest, latest = EARLIEST, bounds.latest()
    if isinstance(value, datetime):
        is_early, is_late = value < begins(earliest), value >= begins(latest + timedelta(days=1))
    else:
        is_early, is_late = value < earliest, value > latest
    if is_early:
        raise ValidationError(_("This date is too early. The earliest is %(day)s."), "early", {"day": earliest})
    if is_late:
        raise ValidationError(_("This date is too late. The latest is %(day)s."), "late", {"day": latest})


def begins(day: date) -> datetime:
    """Return the first moment of a day in the site's time zone."""
    return existing(datetime.combine(day, time.min))


def existing(wall: datetime) -> datetime:
    """Return the moment of a time without zone; one that the clocks left out is moved on to where they went."""
    zone = django_timezone.get_current_timezone()
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def local(moment: datetime) -> datetime:
    """Return a moment in the site's time zone, or as it is where that lies beyond the last year of the calendar."""
    try:
        return django_timezone.localtime(moment)
    except OverflowError:
        return moment


def years_between(oldest: datetime, newest: datetime) -> list[int]:
    """Return the years from the newest to the oldest moment, within the bounds of dates that are shown."""
    first, last = max(local(oldest).year, EARLIEST.year), min(local(newest).year, SHOWN.latest().year)
    return list(range(last, first - 1, -1))


class DayInput(forms.DateInput):
    """The browser's own field for dates; a plain one where that would hide what was typed, because it is no date."""

    input_type = "date"

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        if not _is_written_by_browsers(context["widget"]["value"]):
            context["widget"]["type"] = "text"
        return context


def _is_written_by_browsers(text: str | None) -> bool:
    try:
        return not text or parse_date(text) is not None
    except ValueError:  # such as 2014-02-30
        return False


class DayField(forms.DateField):
    """A day to search by. Subclasses have other bounds."""

    bounds = SEARCHED
    widget = DayInput(format="%Y-%m-%d")
    default_error_messages = {"invalid": _("This is no date. Write it as 2014-02-07.")}

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None:
            check_date(day, self.bounds)
        return day


class ShownDayField(DayField):
    bounds = SHOWN


class PlannedDayField(DayField):
    bounds = PLANNED


class MomentField(forms.DateTimeField):
    """A moment that is planned, typed by the clock of the site."""

    bounds = PLANNED

    def prepare_value(self, value: Any) -> Any:
        return local(value).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value

    def to_python(self, value: Any) -> datetime | None:
        with django_timezone.override(_WALL):  # which has no gaps; Django refuses a time that never existed
            moment = super().to_python(value)
        if moment is None:
            return None
        if moment.tzinfo is not _WALL:
            check_date(moment, self.bounds)
            return moment
        check_date(moment.date(), self.bounds)
        return existing(moment.replace(tzinfo=None))


class ShownMomentField(MomentField):
    bounds = SHOWN
