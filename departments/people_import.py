"""Import of people and roles from a table (CSV or .xlsx): read, check rows, save.

Nothing is believed of a file but its cells: a formula or a macro is refused, a type ignored. What each row would do is
shown before anything happens; what is done goes through the services, so that the ledger has every person and every
grant.
"""

import csv
import io
import secrets
import string
import uuid
import zlib
from dataclasses import dataclass, field
from itertools import islice
from xml.parsers import expat

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from accounts.full_names import comparison_form, names_with_roles, namesake_refusal
from accounts.identity_changes import tell
from accounts.models import User
from accounts.registration import save_new_user
from accounts.spreadsheets import FORMULA_PREFIXES
from departments.models import Department, Membership, Role
from departments.services import grant_role
from inputs.archives import DAMAGED_ARCHIVE_ERRORS, ArchiveLimits, open_archive
from inputs.exceptions import InputTooLarge
from inputs.xml import XmlCounter, XmlLimits

MAX_TABLE_BYTES = 2 * 1024 * 1024
MAX_TABLE_ROWS = 1000
MAX_TABLE_COLUMNS = 50
# openpyxl reads all texts and styles of a file, whatever its table needs of them.
TABLE_PACKAGE_LIMITS = ArchiveLimits(unpacked_bytes=50 * 1024 * 1024, advice=gettext_lazy("Save only the table."))
TABLE_XML_LIMITS = XmlLimits(
    bytes=20 * 1024 * 1024, elements=200_000, advice=gettext_lazy("Copy the table into a new file.")
)
# Headings, in Chinese as the template has them → fields of a row.
HEADINGS = {
    "用户名": "username",
    "姓名": "full_name",
    "邮箱": "email",
    "电话": "phone",
    "角色": "role",
    "栏目": "department",
}
REQUIRED_HEADINGS = ("用户名", "姓名")
WHOLE_SITE_NAMES = ("", "全站")
CSV_TEMPLATE = "\ufeff用户名,姓名,邮箱,电话,角色,栏目\r\n"
PASSWORD_ALPHABET = "".join(set(string.ascii_letters + string.digits) - set("0O1lI"))
PASSWORD_LENGTH = 12
# 57 signs, 12 places: 70 bits by chance are not guessed, so that the stretching which weak passwords need (0.2 s each,
# minutes for a table, within the transaction) is left to the first sign-in, when Django hashes anew.
PBKDF2_ITERATIONS = 10_000
# What openpyxl and the modules beneath it raise for damaged, encrypted or odd packages (seen by feeding it thousands).
DAMAGED_FILE_ERRORS = (
    *(*DAMAGED_ARCHIVE_ERRORS, InvalidFileException, zlib.error, expat.ExpatError, SyntaxError),
    *(AttributeError, OverflowError, TypeError),
)


class UnreadableTable(Exception):
    """Why the file cannot be taken in, and what to bring instead."""


@dataclass
class ImportRow:
    """A line of the table. `errors`: why it cannot be done; `actions`: what it will do, in words."""

    line_number: int
    username: str = ""
    full_name: str = ""
    email: str = ""
    phone: str = ""
    role: str = ""
    department: str = ""
    errors: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)


def read_table(data: bytes) -> list[ImportRow]:
    """The rows of a CSV (UTF-8 or GB18030) or .xlsx file. Raises UnreadableTable."""
    if len(data) > MAX_TABLE_BYTES:
        raise UnreadableTable(_("The file is larger than 2 MB. Split it."))
    lines = _read_xlsx(data) if data.startswith(b"PK") else _read_csv(data)
    headings = [cell.strip() for cell in lines[0]] if lines else []
    if missing := [name for name in REQUIRED_HEADINGS if name not in headings]:
        text = _("The first line must hold the headings of the template; missing: %(names)s.")
        raise UnreadableTable(text % {"names": "、".join(missing)})
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        known = ((name, cell) for name, cell in zip(headings, cells, strict=False) if name in HEADINGS)
        # Names of two Hanzi are often set wide with an ideographic space: any space is one space.
        facts = {HEADINGS[name]: " ".join(cell.split()) for name, cell in known}
        if any(facts.values()):
            facts["username"] = User.normalize_username(facts.get("username", ""))
            rows.append(ImportRow(number, **facts))
    if not rows:
        raise UnreadableTable(_("The table has no rows below its headings."))
    if len(rows) > MAX_TABLE_ROWS:
        raise _too_many_rows()
    return rows


def _too_many_rows() -> UnreadableTable:
    return UnreadableTable(_("The table has more than %(most)d rows. Split it.") % {"most": MAX_TABLE_ROWS})


def _read_csv(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            # Empty lines count too, twice over: spreadsheets leave some at the end, a file of nothing else is refused.
            lines = list(islice(csv.reader(io.StringIO(text, newline=""), strict=True), 2 * MAX_TABLE_ROWS + 2))
        except csv.Error as error:
            raise UnreadableTable(_("The CSV file is damaged (%(why)s).") % {"why": error}) from error
        if len(lines) > 2 * MAX_TABLE_ROWS + 1:
            raise _too_many_rows()
        return [cells[:MAX_TABLE_COLUMNS] for cells in lines]
    raise UnreadableTable(_("The file is neither .xlsx nor a CSV file in UTF-8 or GB18030. Save it as one of these."))


def _read_xlsx(data: bytes) -> list[list[str]]:
    try:
        with open_archive(data, TABLE_PACKAGE_LIMITS) as package:
            if any(name.lower().endswith("vbaproject.bin") for name in package.namelist()):
                raise UnreadableTable(_("The file holds macros. Save it as .xlsx without them, or as CSV."))
            counter = XmlCounter(TABLE_XML_LIMITS)
            for entry in package.infolist():
                if entry.filename.lower().endswith((".xml", ".rels")):
                    counter.add_bytes(entry.file_size)
                    counter.add_elements(package.read(entry))
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        rows = book.active.iter_rows(max_row=MAX_TABLE_ROWS + 2, max_col=MAX_TABLE_COLUMNS, values_only=True)
        return [[_cell_text(cell) for cell in row] for row in rows]
    except InputTooLarge as error:
        raise UnreadableTable(str(error)) from error
    except DAMAGED_FILE_ERRORS as error:
        raise UnreadableTable(_("The .xlsx file cannot be read. Save it anew, or as CSV.")) from error


def _cell_text(cell: object) -> str:
    """A telephone number that a spreadsheet took for a number has no decimals."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell)


@dataclass
class ImportPlan:
    """What the rows amount to. `new_people`: user name → the person to make; `grants`: (user name, role, department).

    `names`: comparison form of a full name → the name, of people with roles and of those to be made.
    """

    rows: list[ImportRow]
    new_people: dict[str, User] = field(default_factory=dict)
    grants: list[tuple[str, Role, Department | None]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def is_possible(self) -> bool:
        return not any(row.errors for row in self.rows)

    @property
    def has_changes(self) -> bool:
        return bool(self.new_people or self.grants)


def plan_import(rows: list[ImportRow]) -> ImportPlan:
    """Judges every row; `errors` and `actions` of each are filled in. Five queries."""
    present = User.objects.in_bulk({row.username for row in rows if row.username.isprintable()}, field_name="username")
    roles = {key: role for role in Role.objects.all() for key in (role.name, role.code)}
    departments: dict[str, list[Department]] = {}
    for department in Department.objects.holding_articles():
        for key in {department.name, department.slug}:
            departments.setdefault(key, []).append(department)
    held = set(
        Membership.objects.filter(person__in=present.values()).values_list("person__username", "role", "department")
    )
    made = ImportPlan(rows, names={comparison_form(name): name for name in names_with_roles(User)})
    for row in rows:
        if _refuse_unsafe_cells(row):
            continue
        _plan_person(row, present, made)
        _plan_grant(row, roles, departments, held, made)
    return made


def _refuse_unsafe_cells(row: ImportRow) -> bool:
    """Cells that hold no plain text; nothing else of the row is looked at, and no such text reaches the database."""
    for heading, name in HEADINGS.items():
        cell = getattr(row, name)
        begins_formula = cell.startswith(FORMULA_PREFIXES) and not (name == "phone" and cell.startswith("+"))
        if begins_formula or not cell.isprintable():
            text = _("%(field)s: a formula or signs that are no text. Put plain text there.")
            row.errors.append(text % {"field": heading})
    return bool(row.errors)


def _plan_person(row: ImportRow, present: dict[str, User], made: ImportPlan) -> None:
    known = present.get(row.username) or made.new_people.get(row.username)
    if known:
        if row.full_name and row.full_name != known.full_name:
            text = _("“%(username)s” is the user name of %(name)s.")
            row.errors.append(text % {"username": row.username, "name": known.full_name})
        if not known.is_active:
            row.errors.append(_("This person is deactivated. Let them in again in the list of people first."))
        return
    person = User(username=row.username, full_name=row.full_name, email=row.email, phone=row.phone)
    try:
        person.clean_fields(exclude=["password"])
        _check_name_in_table(person, made)
    except ValidationError as error:
        labels = {name: User._meta.get_field(name).verbose_name for name in error.message_dict if name != "__all__"}
        row.errors += [
            _("%(field)s: %(why)s") % {"field": labels.get(name, ""), "why": " ".join(found)}
            for name, found in error.message_dict.items()
        ]
        return
    made.new_people[row.username] = person
    made.names[comparison_form(person.full_name)] = person.full_name
    row.actions.append(_("makes the account"))


def _check_name_in_table(person: User, made: ImportPlan) -> None:
    if namesake := made.names.get(comparison_form(person.full_name)):
        raise ValidationError({"full_name": namesake_refusal(namesake)})


def _plan_grant(
    row: ImportRow, roles: dict[str, Role], departments: dict[str, list[Department]], held: set, made: ImportPlan
) -> None:
    if not row.role:
        if row.department:
            row.errors.append(_("A department is named, but no role."))
        return
    role = roles.get(row.role)
    if role is None:
        text = _("There is no role “%(name)s”; there are: %(names)s.")
        names = "、".join(dict.fromkeys(role.name for role in roles.values()))
        row.errors.append(text % {"name": row.role, "names": names})
    found = [None] if row.department in WHOLE_SITE_NAMES else departments.get(row.department, [])
    if not found:
        row.errors.append(_("There is no department “%(name)s”.") % {"name": row.department})
    if len(found) > 1:
        text = _("Several departments are called “%(name)s”. Write the address instead, such as “%(slug)s”.")
        row.errors.append(text % {"name": row.department, "slug": found[0].slug})
    if role is None or len(found) != 1:
        return
    key = (row.username, role.pk, found[0].pk if found[0] else None)
    if key in held:
        row.actions.append(_("has this role there already"))
        return
    held.add(key)
    made.grants.append((row.username, role, found[0]))
    where = found[0] or _("whole site")
    row.actions.append(_("gives the role %(role)s in: %(where)s") % {"role": role, "where": where})


@transaction.atomic
def apply_plan(planned: ImportPlan, *, by: User) -> list[tuple[User, str]]:
    """Makes the people and grants the roles, all or nothing. Returns each new person with their first password.

    The passwords are kept nowhere. Raises ValidationError when somebody made one of the people meanwhile.
    """
    if not planned.is_possible:
        raise ValidationError(_("Some rows cannot be done. Correct the table and bring it again."))
    made, act = [], uuid.uuid4()
    for person in planned.new_people.values():
        if User.objects.filter(username=person.username).exists():
            text = _("Somebody made “%(name)s” meanwhile. Bring the table again.")
            raise ValidationError(text, params={"name": person.username})
        password = "".join(secrets.choice(PASSWORD_ALPHABET) for _place in range(PASSWORD_LENGTH))
        hasher = PBKDF2PasswordHasher()
        person.password = hasher.encode(password, hasher.salt(), iterations=PBKDF2_ITERATIONS)
        made.append((save_new_user(person, by=by, act=act), password))
    people = User.objects.in_bulk({username for username, _role, _where in planned.grants}, field_name="username")
    for username, role, department in planned.grants:
        grant_role(person=people[username], role=role, department=department, by=by, act=act)
    if planned.has_changes:
        tell(act)
    return made


PAGE_TITLE = gettext_lazy("Import people from a table")
