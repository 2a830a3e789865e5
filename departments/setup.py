"""The end of setup: one ledger entry that lists every account with its roles."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.identity_changes import is_setup_over
from accounts.models import User
from departments.exceptions import WrongState
from departments.models import Membership
from departments.permissions import check_superuser
from ledger import verbs
from ledger.models import SETUP_ENDED_VERB
from ledger.record import ObjectRef, record

verbs.register_verbs("site", gettext_lazy("Site"), {SETUP_ENDED_VERB: gettext_lazy("ended the setup of the site")})


def accounts_with_roles() -> list[dict[str, Any]]:
    """Return every account as the ledger keeps it: [id, names, flags, roles as [role, id of the department]]."""
    roles: dict[int, list[list[Any]]] = {}
    held = Membership.objects.order_by("pk").values_list("person", "role__name", "department")
    for person, role, department in held:
        roles.setdefault(person, []).append([role, department])
    names = ("id", "username", "full_name", "is_active", "is_superuser")
    return [{**row, "roles": roles.get(row["id"], [])} for row in User.objects.order_by("pk").values(*names)]


@transaction.atomic
def end_setup(*, by: User) -> None:
    """End the setup by hand: from now on changes of accounts and roles wait for confirmation.

    Raises NotAllowed for anybody but a superuser, WrongState when it was ended before.
    """
    check_superuser(by)
    if is_setup_over() or not _record_end(by):
        raise WrongState(_("The setup of this site has been ended already."))


def end_setup_with_publication(*, by: User) -> None:
    """End the setup, if nobody has: nothing becomes public before. Call inside the transaction that publishes."""
    _record_end(by)


def _record_end(by: User) -> bool:
    """Return whether this act ended the setup; somebody may have been quicker, since nothing was locked yet."""
    try:
        with transaction.atomic():
            record(SETUP_ENDED_VERB, ObjectRef("site", "1"), by=by, accounts=accounts_with_roles())
    except IntegrityError:  # the database keeps one such entry
        return False
    return True
