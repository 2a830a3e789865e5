
import django.contrib.auth.validators
import django.core.validators
import django.utils.timezone
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
                ('full_name', models.CharField(max_length=50, verbose_name='full name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=30, validators=[django.core.validators.RegexValidator('^[0-9+()\\- ]{5,30}$', 'Digits, spaces, and + - ( ) only.')], verbose_name='phone')),
                ('is_active', models.BooleanField(default=True, help_text='Untick for somebody who has left. People who have acted stay on record.', verbose_name='active')),
                ('is_superuser', models.BooleanField(default=False, help_text='Runs the site: people, departments, pipelines, identity. Does not get round any approval.', verbose_name='superuser')),
                ('is_demonstration', models.BooleanField(default=False, editable=False, verbose_name='demonstration account')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='since')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
                'ordering': ['username'],
                'constraints': [models.CheckConstraint(condition=models.Q(('full_name', ''), _negated=True), name='everybody_has_a_full_name')],
            },
        ),
    ]
