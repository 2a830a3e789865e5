"""Labels for the verbs and object types of ledger entries.

The ledger stands below every other app and knows none of their verbs: each app tells its own, beside the service that
records them. A verb without words is shown as it stands; a test sees to it that there is none.
"""

from collections.abc import Mapping

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Label = str | Promise

_verb_labels: dict[str, Label] = {}
_area_labels: dict[str, Label] = {}


def register_verbs(area: str, name: Label, words: Mapping[str, Label]) -> None:
    """Registers the verbs of an area, such as "person": `words` maps "person.created" to "made the person".

    The words are a predicate, as they stand behind the name of whoever did it. Raises ValueError for a verb of another
    area.
    """
    if strange := [verb for verb in words if not verb.startswith(f"{area}.")]:
        raise ValueError(f"{strange} are no verbs of {area}")
    _area_labels[area] = name
    _verb_labels.update(words)


def area_choices() -> list[tuple[str, Label]]:
    """(code, name) of every area, in the order in which they were told."""
    return list(_area_labels.items())


def verb_labels() -> dict[str, Label]:
    """Verb → its words."""
    return dict(_verb_labels)


def verb_label(verb: str) -> str:
    return str(_verb_labels.get(verb, verb))


def object_label(object_type: str, object_id: str) -> str:
    """“article 12”; a kind that no model has stands as it was recorded."""
    try:
        kind = str(apps.get_model(object_type)._meta.verbose_name)
    except (LookupError, ValueError):
        kind = str(OBJECT_TYPE_LABELS.get(object_type, object_type))
    return f"{kind} {object_id}"


# Kinds of things that are no rows of the database.
OBJECT_TYPE_LABELS = {
    "ledger.key": _("signing key"),
    "ledger.restore": _("restore of the database to entry"),
    "site": _("site"),
}

register_verbs("key", _("Signing keys"), {"key.rotated": _("put a new signing key in place of the old one")})
register_verbs(
    "ledger", _("Ledger"), {"ledger.restore_accepted": _("accepted a restored database that lacks later entries")}
)
