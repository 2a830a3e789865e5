"""Old addresses 旧地址: services, and the redirect of requests."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import User
from articles.caching.departments import department_tree
from articles.models import Article, Publication
from departments.models import RESERVED_SLUGS, Department
from departments.permissions import check_superuser
from ledger import verbs
from ledger.monitoring.alarms import raise_alarm
from ledger.record import record
from legacy.address_normalisation import normalise_address, request_addresses
from legacy.models import OldAddress
from legacy.page_source import UnreadablePage, decode_text

verbs.register_verbs(
    "old_address",
    gettext_lazy("Old addresses"),
    {
        "old_address.created": gettext_lazy("set the old address"),
        "old_address.deleted": gettext_lazy("deleted the old address"),
    },
)

MAX_ADDRESS_FILE_BYTES = 10 * 1024 * 1024  # 100,000 addresses
REDIRECT_MAX_AGE_SECONDS = (
    3600  # seconds that a browser keeps the answer: unbounded, an address set wrongly could not be set right
)


class InvalidLines(ValueError):
    """Lines of a file of old addresses that cannot be taken; `lines` holds a sentence for each."""

    def __init__(self, lines: list[str]):
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class ImportCounts:
    """How many addresses of a file were set, and how many led there already."""

    created: int
    unchanged: int


@transaction.atomic
def create_old_address(
    address: str, *, by: User, article: Article | None = None, department: Department | None = None
) -> OldAddress:
    """Lets an address of the old site lead to an article or a department. Raises ValidationError."""
    made = OldAddress(
        address=normalise_address(address),
        article=article,
        department=department,
        made_by=by,
        made_by_name=by.full_name,
    )
    made.full_clean()
    made.apply_seal()
    made.save()
    record("old_address.created", made, by=by, **ledger_data(made))
    return made


@transaction.atomic
def delete_old_address(address: OldAddress, *, by: User) -> None:
    record("old_address.deleted", address, by=by, **ledger_data(address))
    address.delete()


def ledger_data(address: OldAddress) -> dict:
    """What the ledger keeps of an old address."""
    return {"address": address.address, "article": address.article_id, "department": address.department_id}


def redirect_for(request: HttpRequest) -> HttpResponse | None:
    """The redirect for a request that nothing else answers; None when no old address leads anywhere public.

    Asks one query, and one more for an article. An article leads to where its newest publication is, or was: that page
    says what became of it (410 with the notice when it was withdrawn). One that was never public is not given away. An
    address whose seal does not hold leads nowhere, and none leads to a department whose seal does not hold.
    """
    if request.method not in ("GET", "HEAD") or request.path_info.split("/")[1] in RESERVED_SLUGS:
        return None
    asked = request_addresses(request)
    if not asked:
        return None
    found = {row.address: row for row in OldAddress.objects.filter(address__in=asked)}
    destination = next((found[spelt] for spelt in asked if spelt in found), None)
    if destination is None or not _has_intact_seal(destination):
        return None
    department = department_tree().holding_articles().get(_department_id(destination))
    if department is None:
        return None
    if destination.department_id:
        place = reverse("department", args=[department.slug])
    else:
        place = reverse("article", args=[department.slug, destination.article_id])
    return HttpResponsePermanentRedirect(place, headers={"Cache-Control": f"max-age={REDIRECT_MAX_AGE_SECONDS}"})


def _department_id(address: OldAddress) -> int | None:
    """The department that an old address leads to, or in which its article stands, or stood last, by its seal."""
    if address.department_id:
        return address.department_id
    public = Publication.objects.not_called_off().filter(article=address.article_id, live_from__lte=timezone.now())
    newest = public.order_by("-live_from").first()
    return newest.department_id if newest and newest.seal_holds() else None


def _has_intact_seal(address: OldAddress) -> bool:
    if address.seal_holds():
        return True
    raise_alarm(f"old address {address.pk}", gettext_noop("its seal does not hold; it leads nowhere"))
    return False


def import_file(file: Path, *, by: User, dry_run: bool = False) -> ImportCounts:
    """Sets the addresses of a CSV file (old address, number of an article or slug of a department), all or none.

    A line that says what is so already is passed over, so that the file may come again. With `dry_run` nothing is kept.
    Raises NotAllowed unless `by` is a superuser, InvalidLines, UnreadablePage (legacy.page_source), or OSError.
    """
    check_superuser(by)
    added, bad = 0, []
    if file.stat().st_size > MAX_ADDRESS_FILE_BYTES:
        limit = MAX_ADDRESS_FILE_BYTES // 1024 // 1024
        raise UnreadablePage(file, _("The file is larger than %(limit)d MB. Split it.") % {"limit": limit})
    rows = _read_rows(decode_text(file.read_bytes(), file))
    with transaction.atomic():
        for number, row in rows:
            try:
                added += _import_row(row, by)
            except ValidationError as error:
                bad.append(_("Line %(number)d: %(why)s") % {"number": number, "why": " ".join(error.messages)})
        if bad:
            raise InvalidLines(bad)
        transaction.set_rollback(dry_run)
    return ImportCounts(added, len(rows) - added)


def _read_rows(text: str) -> list[tuple[int, list[str]]]:
    """The lines that hold anything, with their numbers; without a line of headings, which has no slash."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise InvalidLines([_("Line %(number)d: %(why)s") % {"number": reader.line_num, "why": error}]) from error
    return rows[1:] if rows and "/" not in rows[0][1][0] and rows[0][0] == 1 else rows


def _import_row(row: list[str], by: User) -> bool:
    """Sets the address of one line; False when it leads there already. Raises ValidationError."""
    if len(row) != 2:
        raise ValidationError(_("It should hold two things: the old address and where it leads."))
    address, target = row
    leads = _parse_target(target)
    known = OldAddress.objects.filter(address=normalise_address(address)).first()
    if known is None:
        create_old_address(address, by=by, **leads)
        return True
    if (known.article, known.department) != (leads.get("article"), leads.get("department")):
        raise ValidationError(
            _("This address leads to %(place)s already. Delete it first."), params={"place": known.target_label}
        )
    return False


def _parse_target(text: str) -> dict:
    """The article with this number, or the department with this slug."""
    if text.isascii() and text.isdigit():
        if len(text) <= 18 and (article := Article.objects.not_discarded().filter(pk=int(text)).first()):
            return {"article": article}
        raise ValidationError(_("There is no article %(number)s."), params={"number": text})
    department = Department.objects.holding_articles().filter(slug=text).first()
    if department is None:
        raise ValidationError(_("There is no department at the address %(slug)s."), params={"slug": text or "–"})
    return {"department": department}
