
import departments.models
import django.core.validators
import django.db.models.deletion
import inputs.visible_text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('code', models.SlugField(help_text='It cannot be changed later.', max_length=30, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=30, unique=True, validators=[inputs.visible_text.validate_visible], verbose_name='name')),
                ('may_draft', models.BooleanField(default=False, verbose_name='writes articles')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
            ],
            options={
                'verbose_name': 'role',
                'verbose_name_plural': 'roles',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('kind', models.CharField(choices=[('department', 'department'), ('column', 'column'), ('link', 'outside link')], default='department', max_length=10, verbose_name='kind')),
                ('name', models.CharField(max_length=50, validators=[inputs.visible_text.validate_visible], verbose_name='name')),
                ('slug', models.SlugField(blank=True, help_text='Part of the web address: lower-case letters, digits, hyphens. Empty for an outside link.', null=True, unique=True, validators=[departments.models.validate_not_reserved], verbose_name='address')),
                ('url', models.CharField(blank=True, help_text='For an outside link only.', max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='outside address')),
                ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
                ('keywords', models.CharField(blank=True, help_text='Separated by spaces or commas.', max_length=200, verbose_name='keywords')),
                ('column_type', models.CharField(blank=True, help_text='As government site standards name it, e.g. 政策文件.', max_length=30, verbose_name='column type')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Small numbers come first.', verbose_name='position')),
                ('is_visible', models.BooleanField(default=True, verbose_name='shown in the navigation')),
                ('asks_for_documents', models.BooleanField(default=False, help_text='The form of its articles asks for document number, issuing body, date of issue, index number.', verbose_name='holds official documents')),
                ('parent', models.ForeignKey(blank=True, help_text='At most two levels.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='departments.department', verbose_name='part of')),
                ('responsible', models.ForeignKey(blank=True, help_text='For a column: the department whose people write and decide here.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='columns', to='departments.department', verbose_name='responsible department')),
            ],
            options={
                'verbose_name': 'department',
                'verbose_name_plural': 'departments',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='FormerSlug',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('slug', models.SlugField(unique=True, verbose_name='address')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_slugs', to='departments.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'former address',
                'verbose_name_plural': 'former addresses',
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('department', models.ForeignKey(blank=True, help_text='Empty: the whole site.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='departments.department', verbose_name='department')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='departments.role', verbose_name='role')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
                'ordering': ['person__username', 'role__position', 'pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['department', 'column', 'link'])), name='department_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'link'), models.Q(('url', ''), _negated=True)), models.Q(models.Q(('kind', 'link'), _negated=True), ('url', '')), _connector='OR'), name='a_link_and_nothing_else_has_an_outside_address'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'link'), ('slug', None)), models.Q(models.Q(('kind', 'link'), _negated=True), ('slug__isnull', False)), _connector='OR'), name='a_link_and_nothing_else_lacks_a_slug'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'column'), ('responsible', None), _connector='OR'), name='only_a_column_has_a_responsible_department'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(('slug__in', ['admin', 'api', 'en', 'feed', 'feedback', 'files', 'healthz', 'i18n', 'inbox', 'jsi18n', 'leave', 'ledger', 'legacy', 'media', 'page', 'preview', 'print', 'proof', 'reads', 'readyz', 'robots', 'search', 'sitemap', 'sitemaps', 'static', 'verify']), _negated=True), name='slug_is_not_reserved'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(('parent', None), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='department_is_not_part_of_itself'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('person', 'role', 'department'), name='one_grant_of_a_role_in_a_department', violation_error_message='This person has this role there already.'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('department', None)), fields=('person', 'role'), name='one_grant_of_a_role_for_the_whole_site', violation_error_message='This person has this role for the whole site already.'),
        ),
    ]
