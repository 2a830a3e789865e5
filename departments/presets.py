"""Default roles of a new site."""

from django.db import models

from departments.models import PRESET_ROLES, Role


def install_roles(role_model: type[models.Model] = Role) -> None:
    """Makes the missing roles. Migrations hand in the model as it was then."""
    for position, (code, name, may_draft) in enumerate(PRESET_ROLES):
        role_model.objects.get_or_create(
            code=code, defaults={"name": name, "may_draft": may_draft, "position": position}
        )
