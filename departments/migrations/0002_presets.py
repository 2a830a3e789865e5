"""The roles that every site begins with."""

from django.db import migrations

from departments import presets


def install(apps, _schema_editor):
    presets.install_roles(apps.get_model("departments", "Role"))


class Migration(migrations.Migration):
    dependencies = [("departments", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
