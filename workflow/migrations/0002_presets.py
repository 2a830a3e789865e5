"""The pipelines and quick phrases that every site begins with."""

from django.db import migrations

from workflow import presets


def install(apps, _schema_editor):
    presets.install_pipelines(
        apps.get_model("departments", "Role"),
        apps.get_model("workflow", "Pipeline"),
        apps.get_model("workflow", "Step"),
        apps.get_model("workflow", "QuickPhrase"),
    )


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial"), ("departments", "0002_presets")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
