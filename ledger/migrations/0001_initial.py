
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('subject', models.CharField(max_length=120, unique=True, verbose_name='what')),
                ('message', models.CharField(max_length=300, verbose_name='finding')),
                ('facts', models.JSONField(default=dict, verbose_name='details')),
                ('first_seen', models.DateTimeField(verbose_name='first seen')),
                ('last_seen', models.DateTimeField(verbose_name='last seen')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='how often')),
                ('cleared_at', models.DateTimeField(null=True, verbose_name='cleared')),
                ('cleared_by_name', models.CharField(blank=True, max_length=150, verbose_name='cleared by')),
            ],
            options={
                'verbose_name': 'integrity alarm',
                'verbose_name_plural': 'integrity alarms',
                'ordering': ['-last_seen'],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                ('time', models.DateTimeField(verbose_name='time')),
                ('actor_id', models.BigIntegerField(null=True, verbose_name="actor's id")),
                ('actor_name', models.CharField(max_length=150, verbose_name='actor')),
                ('verb', models.CharField(max_length=60, verbose_name='act')),
                ('object_type', models.CharField(max_length=60, verbose_name='kind of object')),
                ('object_id', models.CharField(max_length=60, verbose_name='object')),
                ('data', models.JSONField(default=dict, verbose_name='details')),
                ('previous', models.CharField(max_length=64, unique=True, verbose_name='hash of the entry before')),
                ('hash', models.CharField(max_length=64, unique=True, verbose_name='hash')),
                ('key', models.CharField(max_length=16, verbose_name='key of the signature')),
                ('signature', models.CharField(max_length=128, verbose_name='signature')),
            ],
            options={
                'verbose_name': 'ledger entry',
                'verbose_name_plural': 'ledger',
                'ordering': ['number'],
                'indexes': [models.Index(fields=['object_type', 'object_id', 'number'], name='ledger_by_object')],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='ledger_numbers_begin_at_one'), models.UniqueConstraint(condition=models.Q(('verb', 'site.setup_ended')), fields=('verb',), name='setup_ends_once')],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('kind', models.CharField(choices=[('verify', 'verification'), ('patrol', 'patrol'), ('backup', 'backup')], max_length=10, unique=True, verbose_name='kind')),
                ('at', models.DateTimeField(verbose_name='ended')),
                ('ok', models.BooleanField(verbose_name='all well')),
                ('findings', models.PositiveIntegerField(default=0, verbose_name='findings')),
            ],
            options={
                'verbose_name': 'run of a check',
                'verbose_name_plural': 'runs of checks',
                'ordering': ['kind'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['verify', 'patrol', 'backup'])), name='run_kind_is_known')],
            },
        ),
    ]
