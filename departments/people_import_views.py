"""Views of the import of people: choose a file, preview, confirm, first passwords."""

import base64
import csv
import io
from dataclasses import asdict

from django.contrib import admin
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.spreadsheets import escape_formula
from departments import people_import
from departments.people_import import ImportRow, UnreadableTable
from departments.permissions import check_superuser

SIGNING_SALT = "departments.people_import"
CONFIRM_WITHIN_SECONDS = 3600  # seconds between looking through and confirming


def import_view(site: admin.AdminSite, request: HttpRequest) -> HttpResponse:
    check_superuser(request.user)
    context = {**site.each_context(request), "title": people_import.PAGE_TITLE}
    if request.method == "POST":
        try:
            context |= _confirm_import(request) if "rows" in request.POST else _preview_import(request)
        except (UnreadableTable, ValidationError) as error:
            context["error"] = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    request.current_app = site.name
    status = 400 if "error" in context else 200
    response = TemplateResponse(request, "admin/departments/membership/import.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def template_view(request: HttpRequest) -> HttpResponse:
    """An empty table with its headings."""
    check_superuser(request.user)
    response = HttpResponse(people_import.CSV_TEMPLATE, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="people.csv"'
    return response


def _preview_import(request: HttpRequest) -> dict:
    brought = request.FILES.get("table")
    if brought is None:
        raise UnreadableTable(_("No file came along. Choose one."))
    if brought.size > people_import.MAX_TABLE_BYTES:
        raise UnreadableTable(_("The file is larger than 2 MB. Split it."))
    rows = people_import.read_table(brought.read())
    facts = [{name: value for name, value in asdict(row).items() if name not in ("errors", "actions")} for row in rows]
    planned = people_import.plan_import(rows)
    return {"plan": planned, "signed_rows": signing.dumps(facts, salt=SIGNING_SALT, compress=True)}


def _confirm_import(request: HttpRequest) -> dict:
    """The rows come back as they were shown: signed, and judged anew, for the world may have changed."""
    try:
        facts = signing.loads(request.POST["rows"], salt=SIGNING_SALT, max_age=CONFIRM_WITHIN_SECONDS)
    except signing.BadSignature as error:
        raise UnreadableTable(_("This page is more than an hour old. Bring the table again.")) from error
    planned = people_import.plan_import([ImportRow(**row) for row in facts])
    made = people_import.apply_plan(planned, by=request.user)
    return {
        "new_people": made,
        "granted_count": len(planned.grants),
        "done": True,
        "passwords_csv": _passwords_csv_base64(made),
    }


def _passwords_csv_base64(made: list[tuple[User, str]]) -> str:
    """The first passwords as a table to keep, in the address of a link: the server has them no longer."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([_("user name"), _("full name"), _("first password")])
    writer.writerows(map(escape_formula, (person.username, person.full_name, password)) for person, password in made)
    return base64.b64encode(("\ufeff" + written.getvalue()).encode()).decode()
