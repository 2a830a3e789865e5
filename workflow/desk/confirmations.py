"""The page 账户确认: changes of accounts that wait, and the end of setup."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.identity_changes import is_setup_over
from accounts.models import IdentityChange, User
from departments.models import Department
from ledger.models import Entry
from workflow.actions import confirmations
from workflow.rules.unconfirmed import confirmers, may_object

MAX_PEOPLE = 50  # on one page
MAX_CONFIRMERS = 5  # that are named


@dataclass
class WaitingChange:
    """One line: what was done, in detail. `may_confirm`: by the person who looks."""

    change: IdentityChange
    detail: str
    may_confirm: bool


@dataclass
class WaitingAccount:
    """A person of whose account something waits. `entries`: what the person who looks may confirm, or object to."""

    person: User
    changes: list[WaitingChange] = field(default_factory=list)
    objections: list[Entry] = field(default_factory=list)
    confirmer_names: str = ""
    may_object: bool = False

    @property
    def may_confirm(self) -> bool:
        return any(line.may_confirm for line in self.changes)

    @property
    def entries(self) -> str:
        """The ledger entries that the buttons are about, so that nobody confirms what they have not seen."""
        chosen = [line.change.entry for line in self.changes if line.may_confirm or not self.may_confirm]
        return ",".join(map(str, chosen))


class ConfirmationForm(forms.Form):
    """What the buttons of one account send. `words`: how it was checked, or what is wrong."""

    entries = forms.CharField(widget=forms.HiddenInput, max_length=2000)
    words = forms.CharField(label=gettext_lazy("How you checked, or what is wrong"), max_length=200, required=False)

    def clean_entries(self) -> list[int]:
        numbers = self.cleaned_data["entries"].split(",")
        if not all(number.isascii() and number.isdigit() and len(number) < 19 for number in numbers):
            raise forms.ValidationError(_("Open the page again and press the button there."))
        return [int(number) for number in numbers]


def waiting_accounts(reader: User) -> list[WaitingAccount]:
    """The accounts of which something waits that the reader may confirm, object to, or did; superusers see all."""
    by_person: dict[int, list[IdentityChange]] = {}
    for change in IdentityChange.objects.open().select_related("person").order_by("entry"):
        by_person.setdefault(change.person_id, []).append(change)
    accounts = []
    for changes in by_person.values():
        if account := _waiting_account(changes, reader):
            accounts.append(account)
        if len(accounts) == MAX_PEOPLE:
            break
    _add_ledger_facts(accounts)
    return accounts


def _waiting_account(changes: list[IdentityChange], reader: User) -> WaitingAccount | None:
    account, able = WaitingAccount(changes[0].person), {}
    for change in changes:
        key = (change.by_id, change.verb == "delegation.granted" and change.entry)
        if key not in able:
            able[key] = dict(confirmers(change).order_by("full_name").values_list("pk", "full_name"))
        account.changes.append(WaitingChange(change, "", reader.pk in able[key]))
    names = list(dict.fromkeys(name for people in able.values() for name in people.values()))
    account.confirmer_names = _("、").join(names[:MAX_CONFIRMERS]) + (
        _(" and others") if len(names) > MAX_CONFIRMERS else ""
    )
    account.may_object = all(may_object(reader, change) for change in changes)
    is_concerned = reader.pk == account.person.pk or any(change.by_id == reader.pk for change in changes)
    return account if account.may_confirm or is_concerned or reader.is_superuser else None


def _add_ledger_facts(accounts: Iterable[WaitingAccount]) -> None:
    """Details of each change, and objections, from the ledger. Three queries."""
    lines = [line for account in accounts for line in account.changes]
    entries = Entry.objects.in_bulk([line.change.entry for line in lines])
    departments = dict(Department.objects.values_list("pk", "name"))
    for line in lines:
        if entry := entries.get(line.change.entry):
            line.detail = _change_detail(entry, departments)
    objected = Entry.objects.filter(
        verb="account.objected",
        object_type=User._meta.label_lower,
        object_id__in=[str(account.person.pk) for account in accounts],
    )
    for entry in objected.order_by("number"):
        for account in accounts:
            waiting = {line.change.entry for line in account.changes}
            if str(account.person.pk) == entry.object_id and waiting & set(entry.data["changes"]):
                account.objections.append(entry)


def _change_detail(entry: Entry, departments: dict[int, str]) -> str:
    """The role and where, the leader, or each fact with its value before and after."""
    data = entry.data
    match entry.verb:
        case "role.granted":
            where = departments.get(data["department"], "") if data["department"] else _("whole site")
            return _("%(role)s · %(where)s") % {"role": data["role_name"], "where": where}
        case "delegation.granted":
            return _("in the place of %(name)s") % {"name": data["principal_name"]}
        case "person.changed":
            changes = {name: values for name, values in data.items() if name != "seal"}
            labels = {name: User._meta.get_field(name).verbose_name for name in changes}
            return _("; ").join(
                _("%(fact)s: %(before)s → %(after)s")
                % {"fact": labels[name], "before": _shown(before), "after": _shown(after)}
                for name, (before, after) in changes.items()
            )
    return ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) or _("none")


def count_to_confirm(reader: User) -> int:
    """How many accounts wait for the reader's confirmation. One query while nothing waits."""
    if not reader.is_active or not IdentityChange.objects.open().exists():
        return 0
    return sum(account.may_confirm for account in waiting_accounts(reader))


def own_changes(reader: User) -> int:
    """How many changes of the reader's own account wait for somebody else. One query."""
    return IdentityChange.objects.open().filter(person=reader).count()


def page_context(request: HttpRequest) -> dict[str, Any]:
    accounts, is_over = waiting_accounts(request.user), is_setup_over()
    return {
        "title": _("Accounts to confirm"),
        "accounts": [(account, ConfirmationForm(initial={"entries": account.entries})) for account in accounts],
        "has_more": len(accounts) == MAX_PEOPLE,
        "is_setup_over": is_over,
        "account_count": 0 if is_over else User.objects.filter(is_active=True).count(),
    }


def answer(request: HttpRequest, pk: int) -> str:
    """Confirm or object, as the button says, and return what was done.

    Raises NotAllowed, WrongState, and ValidationError for a form that does not say which.
    """
    person = get_object_or_404(User, pk=pk)
    form = ConfirmationForm(request.POST)
    if not form.is_valid():
        raise forms.ValidationError([said for errors in form.errors.values() for said in errors])
    entries, words = form.cleaned_data["entries"], form.cleaned_data["words"]
    if request.POST.get("answer") == "object":
        confirmations.object_to(person, request.user, entries, words)
        return _("Your objection was recorded, and all superusers were told. The account stays unconfirmed.")
    if request.POST.get("answer") == "confirm":
        confirmations.confirm(person, request.user, entries, words)
        return _("The account of %(name)s is confirmed.") % {"name": person.full_name}
    raise forms.ValidationError(_("Press “Confirm” or “Object”."))
