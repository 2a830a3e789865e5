
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import inputs.visible_text
import portal.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('departments', '0002_presets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HomeBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('kind', models.CharField(choices=[('headlines', 'headlines, with a picture'), ('notices', 'notices'), ('department', 'one department'), ('departments', 'every other department of the navigation'), ('most_read', 'most read'), ('links', 'friendly links')], max_length=20, verbose_name='kind')),
                ('how_many', models.PositiveSmallIntegerField(default=6, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(30)], verbose_name='how many')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Small numbers come first.', verbose_name='position')),
                ('is_shown', models.BooleanField(default=True, verbose_name='shown')),
                ('department', models.ForeignKey(blank=True, help_text='For “one department”, and for notices that do not stand in the column 公告栏.', limit_choices_to=models.Q(('kind', 'link'), _negated=True), null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'block of the home page',
                'verbose_name_plural': 'blocks of the home page',
                'ordering': ['position', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'notices'), models.Q(('kind', 'department'), ('department__isnull', False)), models.Q(models.Q(('kind__in', ['notices', 'department']), _negated=True), ('department', None)), _connector='OR'), name='a_block_of_a_department_names_it', violation_error_message='“One department” needs a department; other kinds have none.'), models.CheckConstraint(condition=models.Q(('kind__in', ['headlines', 'notices', 'department', 'departments', 'most_read', 'links'])), name='block_kind_is_known'), models.CheckConstraint(condition=models.Q(('how_many__range', (1, 30))), name='a_block_shows_one_to_thirty')],
            },
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('name', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('[<>]', 'Plain text only, without < and >.', inverse_match=True), inputs.visible_text.validate_visible], verbose_name='name of the site')),
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
                ('error_report_url', models.CharField(blank=True, help_text='Where “Report an error” in the footer leads. Empty: to the form of this site.', max_length=300, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address for reporting errors on the site')),
                ('trusted_hosts', models.CharField(blank=True, help_text='Separated by spaces or commas; each with all under it, e.g. gov.cn. Before others visitors are asked.', max_length=1000, validators=[portal.models.validate_hosts], verbose_name='outside hosts that need no notice')),
                ('theme', models.CharField(choices=[('red', 'red'), ('blue', 'blue')], default='red', max_length=10, verbose_name='theme')),
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
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='the_site_has_a_name'), models.CheckConstraint(condition=models.Q(('theme__in', ['red', 'blue'])), name='theme_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('mourning_from', None), ('mourning_until', None)), models.Q(('mourning_from__isnull', False), ('mourning_until__gte', models.F('mourning_from')), ('mourning_until__isnull', False)), _connector='OR'), name='mourning_has_both_ends_in_order', violation_error_message='Give both days of mourning, the first one first, or neither.')],
            },
        ),
    ]
