
import accounts.full_names
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(error_messages={'unique': 'Somebody has this user name already.'}, max_length=50, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='user name')),
                ('full_name', models.CharField(help_text='Nobody else with a role has this name; where two do, add the department: 张伟（组织部）.', max_length=50, validators=[accounts.full_names.validate_full_name], verbose_name='full name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=30, validators=[django.core.validators.RegexValidator('^[0-9+()\\- ]{5,30}$', 'Digits, spaces, and + - ( ) only.')], verbose_name='phone')),
                ('is_active', models.BooleanField(default=True, help_text='Untick for somebody who has left. People who have acted stay on record.', verbose_name='active')),
                ('is_superuser', models.BooleanField(default=False, help_text='Runs the site: people, departments, pipelines, identity. Does not get round any approval.', verbose_name='superuser')),
                ('is_demonstration', models.BooleanField(default=False, editable=False, verbose_name='demonstration account')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='since')),
                ('sessions_ended_at', models.DateTimeField(editable=False, null=True, verbose_name='sessions ended')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
                'ordering': ['username'],
                'constraints': [models.CheckConstraint(condition=models.Q(('full_name', ''), _negated=True), name='everybody_has_a_full_name')],
            },
        ),
        migrations.CreateModel(
            name='IdentityChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('entry', models.PositiveBigIntegerField(unique=True, verbose_name='ledger entry')),
                ('verb', models.CharField(max_length=60, verbose_name='act')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('by_name', models.CharField(blank=True, max_length=50, verbose_name='name then')),
                ('state', models.CharField(choices=[('open', 'waits for confirmation'), ('confirmed', 'confirmed'), ('void', 'taken back'), ('notice', 'needs no confirmation')], max_length=10, verbose_name='state')),
                ('ends_at', models.DateTimeField(null=True, verbose_name='until')),
                ('act', models.UUIDField(help_text='The same for changes that were told together.', verbose_name='act')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed')),
                ('closed_by_name', models.CharField(blank=True, max_length=50, verbose_name='name then')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who did it')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='identity_changes', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'identity change',
                'verbose_name_plural': 'identity changes',
                'ordering': ['entry'],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['person'], name='open_changes_of_a_person'), models.Index(condition=models.Q(('state', 'open')), fields=['by'], name='open_changes_by_a_person'), models.Index(fields=['act'], name='identity_changes_by_act')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'confirmed', 'void', 'notice'])), name='identity_change_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('state__in', ['open', 'notice'])), models.Q(('closed_at__isnull', False), ('closed_by', None), ('state', 'void')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state', 'confirmed')), _connector='OR'), name='a_closed_identity_change_says_when'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), _negated=True), ('by__isnull', False), _connector='OR'), name='an_open_identity_change_was_made_by_somebody'), models.CheckConstraint(condition=models.Q(('closed_by', None), models.Q(models.Q(('closed_by', models.F('by')), _negated=True), models.Q(('closed_by', models.F('person')), _negated=True)), _connector='OR'), name='a_third_person_confirms_an_identity_change')],
            },
        ),
    ]
