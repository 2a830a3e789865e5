
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import portal.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('name', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='name of the site')),
                ('description', models.CharField(blank=True, max_length=300, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='description')),
                ('keywords', models.CharField(blank=True, max_length=200, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='keywords')),
                ('organiser', models.CharField(blank=True, max_length=100, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='organiser')),
                ('undertaker', models.CharField(blank=True, max_length=100, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='undertaken by')),
                ('copyright_holder', models.CharField(blank=True, max_length=100, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='copyright holder')),
                ('address', models.CharField(blank=True, max_length=200, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='postal address')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=50, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='phone')),
                ('icp_number', models.CharField(blank=True, max_length=50, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='ICP licence number')),
                ('police_number', models.CharField(blank=True, max_length=50, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='public security number')),
                ('site_code', models.CharField(blank=True, max_length=20, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='government site code')),
                ('technical_support', models.CharField(blank=True, max_length=100, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True)], verbose_name='technical support')),
                ('error_report_url', models.CharField(blank=True, help_text='Where “Report an error” in the footer leads.', max_length=300, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address for reporting errors on the site')),
                ('trusted_hosts', models.CharField(blank=True, help_text='Separated by spaces or commas; each with all under it, e.g. gov.cn. Before others visitors are asked.', max_length=1000, validators=[portal.models.validate_hosts], verbose_name='outside hosts that need no notice')),
                ('mourning_from', models.DateField(blank=True, help_text='The whole site is grey from this day to the other one, both included. Empty: in colour.', null=True, verbose_name='in mourning from')),
                ('mourning_until', models.DateField(blank=True, null=True, verbose_name='in mourning until')),
                ('saved_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='saved')),
                ('saved_by_name', models.CharField(blank=True, editable=False, max_length=50, verbose_name='saved by')),
                ('saved_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='saved by')),
            ],
            options={
                'verbose_name': 'identity of the site',
                'verbose_name_plural': 'identity of the site',
                'ordering': ['-saved_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='the_site_has_a_name'), models.CheckConstraint(condition=models.Q(models.Q(('mourning_from', None), ('mourning_until', None)), models.Q(('mourning_from__isnull', False), ('mourning_until__gte', models.F('mourning_from')), ('mourning_until__isnull', False)), _connector='OR'), name='mourning_has_both_ends_in_order', violation_error_message='Give both days of mourning, the first one first, or neither.')],
            },
        ),
    ]
