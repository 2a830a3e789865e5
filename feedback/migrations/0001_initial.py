
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('articles', '0002_database_parts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RecentLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('visitor', models.CharField(max_length=32, verbose_name='visitor')),
                ('at', models.DateTimeField(db_index=True, verbose_name='at')),
            ],
            options={
                'verbose_name': 'recent letter',
                'verbose_name_plural': 'recent letters',
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('receipt_digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='digest of the receipt')),
                ('form_digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='form digest')),
                ('kind', models.CharField(choices=[('error', 'error on the site'), ('opinion', 'opinion'), ('question', 'question')], max_length=10, verbose_name='kind')),
                ('text', models.TextField(max_length=2000, validators=[django.core.validators.MinLengthValidator(10)], verbose_name='text')),
                ('name', models.CharField(blank=True, max_length=50, verbose_name="visitor's name")),
                ('contact', models.CharField(blank=True, max_length=100, verbose_name='e-mail or phone')),
                ('page', models.CharField(blank=True, max_length=500, validators=[django.core.validators.RegexValidator('^/(?![/\\\\])[^\\s\\\\]*$')], verbose_name='page')),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='at')),
                ('state', models.CharField(choices=[('new', 'new'), ('in_hand', 'in hand'), ('answered', 'answered'), ('closed', 'closed without an answer')], default='new', max_length=10, verbose_name='state')),
                ('answer', models.TextField(blank=True, max_length=2000, verbose_name='answer')),
                ('answered_by_name', models.CharField(blank=True, max_length=50, verbose_name='name then')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                ('article', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='articles.article', verbose_name='article')),
            ],
            options={
                'verbose_name': 'letter',
                'verbose_name_plural': 'letters from visitors',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['state', '-id'], name='letters_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['error', 'opinion', 'question'])), name='letter_kind_is_known'), models.CheckConstraint(condition=models.Q(('state__in', ['new', 'in_hand', 'answered', 'closed'])), name='letter_state_is_known'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='a_letter_says_something'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('state', 'answered'), models.Q(('answer', ''), _negated=True), models.Q(('answered_by_name', ''), _negated=True)), models.Q(models.Q(('state', 'answered'), _negated=True), ('answered_at', None), ('answered_by', None), ('answered_by_name', '')), _connector='OR'), name='an_answered_letter_says_what_by_whom_and_when'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at', None)), _connector='OR'), name='a_closed_letter_says_when'), models.CheckConstraint(condition=models.Q(('page', ''), models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.StrIndex('page', models.Value('/')), 1), models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.StrIndex('page', models.Value('//')), 1), _negated=True)), _connector='OR'), name='a_letter_names_pages_of_this_site_only')],
            },
        ),
    ]
