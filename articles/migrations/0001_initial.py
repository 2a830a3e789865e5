
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import inputs.visible_text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('departments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchPartition',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('layout', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('layout', 'since'), name='search_partitions_of_a_layout_begin_apart')],
            },
        ),
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='begun')),
                ('created_by_name', models.CharField(editable=False, max_length=50, verbose_name='begun by')),
                ('discarded_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='discarded')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='begun by')),
                ('in_charge', models.ForeignKey(blank=True, editable=False, help_text='Whose desk its draft lies on. Everybody who writes for the department may edit it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles_in_charge', to=settings.AUTH_USER_MODEL, verbose_name='in charge')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='departments.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'article',
                'verbose_name_plural': 'articles',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='File',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='SHA-256')),
                ('size', models.PositiveBigIntegerField(verbose_name='bytes')),
                ('media_type', models.CharField(max_length=100, verbose_name='type')),
                ('extension', models.CharField(max_length=10, verbose_name='ending')),
                ('width', models.PositiveIntegerField(null=True, verbose_name='width in pixels')),
                ('height', models.PositiveIntegerField(null=True, verbose_name='height in pixels')),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'file',
                'verbose_name_plural': 'files',
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='articles.file', verbose_name='file')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'upload',
                'verbose_name_plural': 'uploads',
                'constraints': [models.UniqueConstraint(fields=('file', 'person'), name='each_person_brings_a_file_once')],
            },
        ),
        migrations.CreateModel(
            name='FurtherColumn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'further column',
                'verbose_name_plural': 'further columns',
            },
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('number', models.PositiveIntegerField(verbose_name='publication')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('summary', models.CharField(blank=True, max_length=500, verbose_name='summary')),
                ('address', models.CharField(blank=True, max_length=500, verbose_name='leads to')),
                ('cover_digest', models.CharField(blank=True, max_length=64, verbose_name='cover picture')),
                ('dated', models.DateTimeField(verbose_name='date shown')),
                ('first_live_from', models.DateTimeField(verbose_name='first published')),
                ('live_from', models.DateTimeField(verbose_name='live from')),
                ('live_until', models.DateTimeField(blank=True, null=True, verbose_name='live until')),
                ('planned_until', models.DateTimeField(blank=True, null=True, verbose_name='end that was set')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('body_digest', models.CharField(max_length=64, verbose_name='digest of the body')),
                ('columns', models.JSONField(default=list, verbose_name='also shown in')),
                ('files', models.JSONField(default=list, verbose_name='files')),
                ('sign_offs', models.JSONField(default=list, verbose_name='signed off by')),
                ('is_emergency', models.BooleanField(default=False, verbose_name='published in emergency')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='signed off')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='articles.article', verbose_name='article')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='departments.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'publication',
                'verbose_name_plural': 'publications',
                'ordering': ['article', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Placement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dated', models.DateTimeField(verbose_name='date shown')),
                ('live_from', models.DateTimeField(verbose_name='live from')),
                ('live_until', models.DateTimeField(null=True, verbose_name='live until')),
                ('pinned_until', models.DateTimeField(blank=True, null=True, verbose_name='pinned until')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.article', verbose_name='article')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='departments.department', verbose_name='department')),
                ('publication', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='articles.publication', verbose_name='publication')),
                ('count_state', models.SmallIntegerField(choices=[(0, 'not counted yet'), (1, 'counted')], default=0, editable=False, null=True, verbose_name='counted in its listing')),
            ],
            options={
                'verbose_name': 'placement',
                'verbose_name_plural': 'placements',
            },
        ),
        migrations.CreateModel(
            name='ListingSegment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since_dated', models.DateTimeField(verbose_name='date of its oldest row')),
                ('since_article', models.BigIntegerField(verbose_name='article of its oldest row')),
                ('placement_count', models.IntegerField(default=0, verbose_name='placements')),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='departments.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'segment of a listing',
                'verbose_name_plural': 'segments of listings',
            },
        ),
        migrations.CreateModel(
            name='Read',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='reads')),
                ('article', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reads', to='articles.article', verbose_name='article')),
            ],
            options={
                'verbose_name': 'reads',
                'verbose_name_plural': 'reads',
                'indexes': [models.Index(fields=['day', '-count'], name='most_read_of_a_day')],
            },
        ),
        migrations.CreateModel(
            name='RecentRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('visitor', models.CharField(max_length=32, verbose_name='visitor')),
                ('at', models.DateTimeField(db_index=True, verbose_name='at')),
                ('article', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.article', verbose_name='article')),
            ],
            options={
                'verbose_name': 'recent read',
                'verbose_name_plural': 'recent reads',
            },
        ),
        migrations.CreateModel(
            name='ReadTotal',
            fields=[
                ('article', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='read_total', serialize=False, to='articles.article', verbose_name='article')),
                ('count', models.PositiveBigIntegerField(default=0, verbose_name='reads')),
            ],
            options={
                'verbose_name': 'reads in all',
                'verbose_name_plural': 'reads in all',
            },
        ),
        migrations.CreateModel(
            name='FlushedBatch',
            fields=[
                ('batch', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='batch')),
                ('at', models.DateTimeField(db_index=True, verbose_name='at')),
            ],
            options={
                'verbose_name': 'batch of reads',
                'verbose_name_plural': 'batches of reads',
            },
        ),
        migrations.CreateModel(
            name='Rendition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('name', models.SlugField(max_length=20, verbose_name='size')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.file', verbose_name='file')),
                ('original', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='renditions', to='articles.file', verbose_name='original')),
            ],
            options={
                'verbose_name': 'rendition',
                'verbose_name_plural': 'renditions',
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('number', models.PositiveIntegerField(verbose_name='revision')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('parked', 'parked draft'), ('frozen', 'frozen'), ('discarded', 'discarded draft')], default='draft', max_length=10, verbose_name='state')),
                ('title', models.CharField(max_length=200, validators=[inputs.visible_text.validate_visible], verbose_name='title')),
                ('subtitle', models.CharField(blank=True, max_length=200, verbose_name='subtitle')),
                ('body', models.TextField(blank=True, verbose_name='body')),
                ('summary', models.CharField(blank=True, help_text='Stands in listings and search engines.', max_length=500, verbose_name='summary')),
                ('author', models.CharField(blank=True, max_length=100, verbose_name='author')),
                ('source', models.CharField(blank=True, max_length=100, verbose_name='source')),
                ('keywords', models.CharField(blank=True, help_text='Separated by spaces or commas.', max_length=200, verbose_name='keywords')),
                ('address', models.CharField(blank=True, help_text='For a mere link: the address that its title leads to. No body is shown then.', max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='leads to')),
                ('dated', models.DateTimeField(blank=True, help_text='Empty: the moment of first publication. Any other date stands in the ledger.', null=True, verbose_name='date shown')),
                ('document_number', models.CharField(blank=True, max_length=100, verbose_name='document number')),
                ('issuing_body', models.CharField(blank=True, max_length=100, verbose_name='issuing body')),
                ('issued_on', models.DateField(blank=True, null=True, verbose_name='date of issue')),
                ('index_number', models.CharField(blank=True, max_length=100, verbose_name='index number')),
                ('validity', models.CharField(blank=True, choices=[('in_force', 'in force'), ('repealed', 'repealed'), ('expired', 'no longer in force')], max_length=10, verbose_name='validity')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='save')),
                ('saved_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='saved')),
                ('saved_by_name', models.CharField(editable=False, max_length=50, verbose_name='saved by')),
                ('frozen_at', models.DateTimeField(editable=False, null=True, verbose_name='submitted')),
                ('digest', models.CharField(default='', editable=False, max_length=64, verbose_name='digest')),
                ('body_digest', models.CharField(default='', editable=False, max_length=64, verbose_name='digest of the body')),
                ('expunged_at', models.DateTimeField(editable=False, null=True, verbose_name='expunged')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='articles.article', verbose_name='article')),
                ('based_on', models.ForeignKey(blank=True, help_text='The published revision that this draft started from.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.revision', verbose_name='based on')),
                ('columns', models.ManyToManyField(blank=True, related_name='+', through='articles.FurtherColumn', to='departments.department', verbose_name='also shown in')),
                ('cover', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.file', verbose_name='cover picture')),
                ('saved_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='saved by')),
            ],
            options={
                'verbose_name': 'revision',
                'verbose_name_plural': 'revisions',
                'ordering': ['article', 'number'],
            },
        ),
        migrations.AddField(
            model_name='publication',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='articles.revision', verbose_name='revision'),
        ),
        migrations.AddField(
            model_name='furthercolumn',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='further_columns', to='articles.revision', verbose_name='revision'),
        ),
        migrations.CreateModel(
            name='DraftSave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('version', models.PositiveIntegerField(verbose_name='save')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('person_name', models.CharField(max_length=50, verbose_name='name then')),
                ('content', models.JSONField(verbose_name='content')),
                ('is_automatic', models.BooleanField(default=False, verbose_name='saved by itself')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saves', to='articles.revision', verbose_name='revision')),
            ],
            options={
                'verbose_name': 'saved draft',
                'verbose_name_plural': 'saved drafts',
                'ordering': ['-version'],
            },
        ),
        migrations.CreateModel(
            name='Contribution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_name', models.CharField(max_length=50, verbose_name='name then')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contributions', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contributions', to='articles.revision', verbose_name='revision')),
            ],
            options={
                'verbose_name': 'contribution',
                'verbose_name_plural': 'contributions',
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('download', 'attachment'), ('inline', 'in the body')], default='download', max_length=10, verbose_name='kind')),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                ('caption', models.CharField(blank=True, max_length=300, verbose_name='caption')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='articles.file', verbose_name='file')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='articles.revision', verbose_name='revision')),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('by_name', models.CharField(max_length=50, verbose_name='name then')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('notice', models.CharField(max_length=500, verbose_name='notice for visitors')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='withdrawn by')),
                ('publication', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='articles.publication', verbose_name='publication')),
            ],
            options={
                'verbose_name': 'withdrawal',
                'verbose_name_plural': 'withdrawals',
            },
        ),
        migrations.CreateModel(
            name='PublicationEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('kind', models.CharField(choices=[('planned', 'set by somebody; without a time, until further notice'), ('superseded', 'replaced by the next publication'), ('withdrawn', 'withdrawn'), ('called_off', 'called off before it began')], max_length=10, verbose_name='why it ends')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='ends')),
                ('planned_until', models.DateTimeField(blank=True, null=True, verbose_name='end that was set')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('publication', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='end', to='articles.publication', verbose_name='publication')),
            ],
            options={
                'verbose_name': 'end of a publication',
                'verbose_name_plural': 'ends of publications',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['planned', 'superseded', 'withdrawn', 'called_off'])), name='kind_of_an_end_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['withdrawn', 'called_off']), _negated=True), models.Q(('until', models.F('at')), ('until__isnull', False)), _connector='OR'), name='a_final_end_takes_effect_at_once')],
            },
        ),
        migrations.CreateModel(
            name='ContentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.BigIntegerField(verbose_name='scope')),
                ('slot', models.BigIntegerField(verbose_name='slot')),
                ('token', models.BigIntegerField(verbose_name='token')),
            ],
            options={
                'verbose_name': 'content version',
                'verbose_name_plural': 'content versions',
                'constraints': [models.UniqueConstraint(fields=('scope', 'slot'), name='a_transaction_has_one_part_in_a_version')],
            },
        ),
        migrations.AddIndex(
            model_name='placement',
            index=models.Index(condition=models.Q(('pinned_until__isnull', False)), fields=['pinned_until'], name='placements_by_pin'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['department', '-id'], name='articles_of_a_department'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['in_charge', '-id'], name='articles_on_a_desk'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('discarded_at__isnull', False)), fields=['-id'], name='discarded_articles'),
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(fields=['saved_at'], name='revisions_by_save'),
        ),
        migrations.AddIndex(
            model_name='placement',
            index=models.Index(condition=models.Q(('count_state__isnull', False)), fields=['department', '-dated', '-article'], include=('live_from', 'live_until', 'pinned_until', 'count_state', 'id'), name='listing_of_a_department'),
        ),
        migrations.AddIndex(
            model_name='placement',
            index=models.Index(condition=models.Q(('count_state', 0)), fields=['department', 'live_from'], name='placements_not_counted_yet'),
        ),
        migrations.AddIndex(
            model_name='placement',
            index=models.Index(condition=models.Q(('count_state', 1), ('live_until__isnull', False)), fields=['department', 'live_until'], name='counted_placements_by_end'),
        ),
        migrations.AddIndex(
            model_name='placement',
            index=models.Index(condition=models.Q(('pinned_until__isnull', False)), fields=['department', 'pinned_until'], name='pinned_placements'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('count_state', None), ('count_state__in', [0, 1]), _connector='OR'), name='count_state_of_a_placement_is_known'),
        ),
        migrations.AddConstraint(
            model_name='listingsegment',
            constraint=models.UniqueConstraint(fields=('department', 'since_dated', 'since_article'), name='segments_of_a_listing_begin_apart'),
        ),
        migrations.AddConstraint(
            model_name='listingsegment',
            constraint=models.CheckConstraint(condition=models.Q(('placement_count__gte', 0)), name='no_segment_counts_less_than_nothing'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.UniqueConstraint(fields=('publication', 'department'), name='one_placement_in_a_department'),
        ),
        migrations.AddConstraint(
            model_name='read',
            constraint=models.UniqueConstraint(fields=('article', 'day'), name='one_count_an_article_and_day'),
        ),
        migrations.AddConstraint(
            model_name='recentread',
            constraint=models.UniqueConstraint(fields=('article', 'visitor'), name='one_recent_read_a_visitor'),
        ),
        migrations.AddConstraint(
            model_name='rendition',
            constraint=models.UniqueConstraint(fields=('original', 'name'), name='one_rendition_of_a_size'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(fields=('article', 'number'), name='revision_numbers_of_an_article_differ'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('article',), name='one_active_draft_an_article'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'parked')), fields=('article',), name='one_parked_draft_an_article'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'parked', 'frozen', 'discarded'])), name='revision_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(('validity__in', ['', 'in_force', 'repealed', 'expired'])), name='validity_is_known'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(('expunged_at', None), models.Q(('address', ''), ('author', ''), ('body', ''), ('cover', None), ('document_number', ''), ('index_number', ''), ('issuing_body', ''), ('keywords', ''), ('seal_key', ''), ('seal_signature', ''), ('source', ''), ('state__in', ['frozen', 'discarded']), ('subtitle', ''), ('summary', ''), ('title', '')), _connector='OR'), name='what_is_expunged_is_empty_and_out_of_use'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('frozen_at__isnull', False), ('state', 'frozen'), models.Q(('digest', ''), _negated=True), models.Q(('body_digest', ''), _negated=True)), models.Q(models.Q(('state', 'frozen'), _negated=True), ('body_digest', ''), ('digest', ''), ('frozen_at', None)), _connector='OR'), name='frozen_means_dated_and_digested'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('title', ''), _negated=True), ('expunged_at__isnull', False), _connector='OR'), name='every_revision_has_a_title'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(fields=['-dated', '-article'], name='newest_publications'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(condition=models.Q(('cover_digest', ''), _negated=True), fields=['cover_digest'], name='publications_by_cover'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(fields=['live_from'], name='publications_by_begin'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(condition=models.Q(('live_until__isnull', False)), fields=['live_until'], name='publications_by_end'),
        ),
        migrations.AddConstraint(
            model_name='publication',
            constraint=models.UniqueConstraint(fields=('article', 'number'), name='publication_numbers_of_an_article_differ'),
        ),
        migrations.AddConstraint(
            model_name='publication',
            constraint=models.CheckConstraint(condition=models.Q(('live_until', None), ('live_until__gte', models.F('live_from')), _connector='OR'), name='no_publication_ends_before_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='publication',
            constraint=models.CheckConstraint(condition=models.Q(('first_live_from__lte', models.F('live_from'))), name='nothing_precedes_the_first_publication'),
        ),
        migrations.AddConstraint(
            model_name='furthercolumn',
            constraint=models.UniqueConstraint(fields=('revision', 'department'), name='a_further_column_is_named_once'),
        ),
        migrations.AddConstraint(
            model_name='draftsave',
            constraint=models.UniqueConstraint(fields=('revision', 'version'), name='saves_of_a_draft_are_numbered'),
        ),
        migrations.AddConstraint(
            model_name='contribution',
            constraint=models.UniqueConstraint(fields=('revision', 'person'), name='one_contribution_a_person'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.UniqueConstraint(fields=('revision', 'file', 'kind'), name='a_file_is_attached_once'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['download', 'inline'])), name='attachment_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='withdrawing_needs_a_reason'),
        ),
    ]
