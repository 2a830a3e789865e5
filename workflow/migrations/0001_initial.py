
import django.db.models.deletion
import django.utils.timezone
import inputs.visible_text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('articles', '0001_initial'),
        ('departments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExpungingRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('by_name', models.CharField(max_length=50, verbose_name='name then')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('article', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='expunging_request', to='articles.article', verbose_name='article')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
            ],
            options={
                'verbose_name': 'request to expunge',
                'verbose_name_plural': 'requests to expunge',
            },
        ),
        migrations.CreateModel(
            name='Pipeline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('name', models.CharField(max_length=50, unique=True, validators=[inputs.visible_text.validate_visible], verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
                ('is_default', models.BooleanField(default=False, verbose_name='for departments that chose none')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'pipeline',
                'verbose_name_plural': 'pipelines',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='one_default_pipeline')],
            },
        ),
        migrations.CreateModel(
            name='PipelineChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('department', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='pipeline_choice', to='departments.department', verbose_name='department')),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='choices', to='workflow.pipeline', verbose_name='pipeline')),
            ],
            options={
                'verbose_name': 'pipeline of a department',
                'verbose_name_plural': 'pipelines of departments',
            },
        ),
        migrations.CreateModel(
            name='Round',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('number', models.PositiveIntegerField(verbose_name='round')),
                ('pipeline_name', models.CharField(max_length=50, verbose_name='pipeline then')),
                ('state', models.CharField(choices=[('open', 'in review'), ('approved', 'approved'), ('returned', 'returned'), ('taken_back', 'taken back'), ('discarded', 'discarded'), ('bypassed', 'bypassed by an emergency publication')], default='open', max_length=10, verbose_name='state')),
                ('submitted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='submitted')),
                ('submitted_by_name', models.CharField(max_length=50, verbose_name='submitted by')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='articles.article', verbose_name='article')),
                ('pipeline', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='workflow.pipeline', verbose_name='pipeline')),
                ('publication', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='round', to='articles.publication', verbose_name='publication')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='articles.revision', verbose_name='revision')),
                ('submitted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='submitted by')),
            ],
            options={
                'verbose_name': 'round',
                'verbose_name_plural': 'rounds',
                'ordering': ['article', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('act', models.UUIDField(help_text='The same for everybody who is told of one act.', verbose_name='act')),
                ('event', models.CharField(choices=[('submitted', 'submitted it for approval'), ('taken_back', 'took it back'), ('approved', 'approved it'), ('returned', 'returned it for changes'), ('published', 'signed it off'), ('discarded', 'discarded it'), ('unscheduled', 'called off the schedule'), ('withdrawn', 'withdrew it'), ('handed_over', 'handed the step over'), ('draft_handed', 'handed the draft to you'), ('emergency', 'published it in emergency, without approval'), ('emergency_confirmed', 'confirmed the emergency publication'), ('expunging_asked', 'asked that it be expunged'), ('identity_changed', 'changed accounts or roles'), ('identity_confirmed', 'confirmed an account'), ('identity_objected', 'objected to a change of an account'), ('stranded', 'waits for somebody who may decide, and there is nobody'), ('overdue', 'waits for longer than its step allows')], max_length=20, verbose_name='event')),
                ('asks', models.BooleanField(default=False, verbose_name='asks for a decision')),
                ('actor_name', models.CharField(blank=True, max_length=50, verbose_name='name then')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('subject', models.CharField(blank=True, help_text='Whose accounts.', max_length=300, verbose_name='about')),
                ('former_email', models.EmailField(blank=True, max_length=254, verbose_name='former e-mail')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('read_at', models.DateTimeField(null=True, verbose_name='read')),
                ('is_queued', models.BooleanField(default=False, verbose_name='queued for delivery')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who did it')),
                ('article', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='articles.article', verbose_name='article')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('round', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='workflow.round', verbose_name='round')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='RoundStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('name', models.CharField(max_length=30, verbose_name='name')),
                ('people', models.PositiveSmallIntegerField(default=1, verbose_name='how many people')),
                ('due_hours', models.PositiveIntegerField(null=True, verbose_name='due within hours')),
                ('reached_at', models.DateTimeField(null=True, verbose_name='reached')),
                ('passed_at', models.DateTimeField(null=True, verbose_name='passed')),
                ('handed_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='handed to')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.role', verbose_name='role that decides')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='workflow.round', verbose_name='round')),
            ],
            options={
                'verbose_name': 'step of a round',
                'verbose_name_plural': 'steps of a round',
                'ordering': ['round', 'position'],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('person_name', models.CharField(max_length=50, verbose_name='name then')),
                ('principal_name', models.CharField(max_length=50, verbose_name='on behalf of')),
                ('verdict', models.CharField(choices=[('approve', 'approved'), ('return', 'returned')], max_length=10, verbose_name='verdict')),
                ('digest', models.CharField(max_length=64, verbose_name='digest of what was seen')),
                ('comment', models.TextField(blank=True, max_length=2000, verbose_name='opinion')),
                ('unconfirmed', models.JSONField(default=list, help_text="Changes of the person's account: what, by whom, when.", verbose_name='not confirmed then')),
                ('decided_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='decided')),
                ('kept_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.decision', verbose_name='kept from an earlier round on the identical text')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('principal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='on behalf of')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='workflow.round', verbose_name='round')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='workflow.roundstep', verbose_name='step')),
            ],
            options={
                'verbose_name': 'decision',
                'verbose_name_plural': 'decisions',
                'ordering': ['decided_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('name', models.CharField(max_length=30, validators=[inputs.visible_text.validate_visible], verbose_name='name')),
                ('people', models.PositiveSmallIntegerField(default=1, verbose_name='how many people')),
                ('due_hours', models.PositiveIntegerField(blank=True, null=True, verbose_name='due within hours')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='workflow.pipeline', verbose_name='pipeline')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.role', verbose_name='role that decides')),
            ],
            options={
                'verbose_name': 'step',
                'verbose_name_plural': 'steps',
                'ordering': ['pipeline', 'position'],
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('begins_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='until')),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked')),
                ('deputy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deputyships', to=settings.AUTH_USER_MODEL, verbose_name='deputy')),
                ('principal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to=settings.AUTH_USER_MODEL, verbose_name='leader')),
            ],
            options={
                'verbose_name': 'delegation',
                'verbose_name_plural': 'delegations',
                'ordering': ['-begins_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('principal', models.F('deputy')), _negated=True), name='nobody_is_their_own_deputy'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='a_delegation_lasts')],
            },
        ),
        migrations.CreateModel(
            name='Emergency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('by_name', models.CharField(max_length=50, verbose_name='name then')),
                ('confirmed_at', models.DateTimeField(null=True, verbose_name='confirmed')),
                ('confirmed_by_name', models.CharField(blank=True, max_length=50, verbose_name='name then')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by')),
                ('publication', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='emergency', to='articles.publication', verbose_name='publication')),
            ],
            options={
                'verbose_name': 'emergency publication',
                'verbose_name_plural': 'emergency publications',
                'ordering': ['-at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='an_emergency_needs_a_reason'), models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('by')), _negated=True), _connector='OR'), name='somebody_else_confirms_an_emergency')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('former', 'former e-mail'), ('webhook', 'webhook')], max_length=10, verbose_name='channel')),
                ('target', models.CharField(blank=True, max_length=16, verbose_name='target')),
                ('state', models.CharField(choices=[('pending', 'to be sent'), ('sent', 'sent'), ('given_up', 'given up')], default='pending', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('last_error', models.CharField(blank=True, max_length=300, verbose_name='last error')),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='next attempt')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent')),
                ('notification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='workflow.notification', verbose_name='message')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['next_attempt_at'], name='deliveries_that_wait'), models.Index(fields=['state', '-id'], name='deliveries_by_state')],
                'constraints': [models.UniqueConstraint(fields=('notification', 'channel', 'target'), name='a_message_goes_once_each_way'), models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'former', 'webhook'])), name='channel_is_known'), models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'sent', 'given_up'])), name='delivery_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at', None)), _connector='OR'), name='what_is_sent_says_when'), models.CheckConstraint(condition=models.Q(models.Q(('channel__in', ['email', 'former']), ('target', '')), models.Q(('channel', 'webhook'), models.Q(('target', ''), _negated=True)), _connector='OR'), name='a_webhook_and_nothing_else_has_a_target')],
            },
        ),
        migrations.CreateModel(
            name='PreviewLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('token_digest', models.CharField(max_length=64, unique=True, verbose_name='digest of the secret')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made')),
                ('made_by_name', models.CharField(max_length=50, verbose_name='name then')),
                ('ends_at', models.DateTimeField(verbose_name='usable until')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='preview_links', to='articles.article', verbose_name='article')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
            ],
            options={
                'verbose_name': 'preview link',
                'verbose_name_plural': 'preview links',
                'ordering': ['-made_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('made_at'))), name='a_preview_link_can_be_used_for_a_while')],
            },
        ),
        migrations.CreateModel(
            name='QuickPhrase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('text', models.CharField(max_length=100, unique=True, validators=[inputs.visible_text.validate_visible], verbose_name='phrase')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Small numbers come first.', verbose_name='position')),
            ],
            options={
                'verbose_name': 'quick phrase',
                'verbose_name_plural': 'quick phrases',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('person_name', models.CharField(max_length=50, verbose_name='name then')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('field', models.CharField(choices=[('title', 'title'), ('body', 'body')], default='body', max_length=10, verbose_name='where')),
                ('exact', models.CharField(blank=True, max_length=500, verbose_name='passage')),
                ('prefix', models.CharField(blank=True, max_length=40, verbose_name='before it')),
                ('suffix', models.CharField(blank=True, max_length=40, verbose_name='after it')),
                ('text', models.CharField(blank=True, max_length=1000, verbose_name='remark')),
                ('is_suggestion', models.BooleanField(default=False, verbose_name='suggests other words')),
                ('replacement', models.CharField(blank=True, max_length=200, verbose_name='suggested words')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='withdrawn')),
                ('resolution', models.CharField(blank=True, choices=[('taken', 'taken over'), ('done', 'dealt with')], max_length=10, verbose_name='what became of it')),
                ('resolved_at', models.DateTimeField(null=True, verbose_name='settled')),
                ('resolved_by_name', models.CharField(blank=True, max_length=50, verbose_name='settled by')),
                ('expunged_at', models.DateTimeField(null=True, verbose_name='expunged')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='workflow.round', verbose_name='round')),
                ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='settled by')),
            ],
            options={
                'verbose_name': 'remark',
                'verbose_name_plural': 'remarks',
                'ordering': ['at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('round', 'person', 'at'), name='a_person_makes_one_remark_at_a_time'), models.CheckConstraint(condition=models.Q(('field__in', ['title', 'body'])), name='a_remark_is_on_title_or_body'), models.CheckConstraint(condition=models.Q(('expunged_at__isnull', False), models.Q(models.Q(('exact', ''), _negated=True), models.Q(models.Q(('text', ''), _negated=True), ('is_suggestion', True), _connector='OR')), _connector='OR'), name='a_remark_says_something_about_a_passage'), models.CheckConstraint(condition=models.Q(('is_suggestion', True), ('replacement', ''), _connector='OR'), name='only_a_suggestion_has_other_words'), models.CheckConstraint(condition=models.Q(models.Q(('resolution', ''), ('resolved_at', None), ('resolved_by', None), ('resolved_by_name', '')), models.Q(('resolution__in', ['taken', 'done']), ('resolved_at__isnull', False), ('resolved_by__isnull', False)), _connector='OR'), name='a_resolved_remark_says_by_whom'), models.CheckConstraint(condition=models.Q(('withdrawn_at', None), ('resolution', ''), _connector='OR'), name='what_was_withdrawn_is_not_resolved')],
            },
        ),
        migrations.AddIndex(
            model_name='round',
            index=models.Index(fields=['closed_at'], name='rounds_by_close'),
        ),
        migrations.AddConstraint(
            model_name='round',
            constraint=models.UniqueConstraint(fields=('article', 'number'), name='rounds_of_an_article_are_numbered'),
        ),
        migrations.AddConstraint(
            model_name='round',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('article',), name='one_open_round_an_article'),
        ),
        migrations.AddConstraint(
            model_name='round',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'approved', 'returned', 'taken_back', 'discarded', 'bypassed'])), name='round_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='round',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='a_closed_round_says_when'),
        ),
        migrations.AddConstraint(
            model_name='round',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'approved'), ('publication', None), _connector='OR'), name='only_an_approved_round_publishes'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['person', '-id'], name='messages_of_a_person'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('read_at', None)), fields=['person'], name='unread_messages_of_a_person'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('is_queued', False)), fields=['id'], name='messages_to_be_queued'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(fields=('act', 'person'), name='each_person_is_told_once_of_an_act'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(condition=models.Q(('person', None)), fields=('act',), name='the_groups_are_told_once_of_an_act'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(('event__in', ['submitted', 'taken_back', 'approved', 'returned', 'published', 'discarded', 'unscheduled', 'withdrawn', 'handed_over', 'draft_handed', 'emergency', 'emergency_confirmed', 'expunging_asked', 'identity_changed', 'identity_confirmed', 'identity_objected', 'stranded', 'overdue'])), name='event_is_known'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('article', None), ('event__in', ('identity_changed', 'identity_confirmed', 'identity_objected'))), models.Q(models.Q(('event__in', ('identity_changed', 'identity_confirmed', 'identity_objected')), _negated=True), ('article__isnull', False), ('subject', '')), _connector='OR'), name='a_message_is_about_an_article_or_about_accounts'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('actor', None), ('actor_name', '')), models.Q(('actor__isnull', False), models.Q(('actor_name', ''), _negated=True)), _connector='OR'), name='who_did_it_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='roundstep',
            constraint=models.UniqueConstraint(fields=('round', 'position'), name='steps_of_a_round_are_ordered'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('round', 'person'), name='each_person_decides_once_a_round'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('round', 'principal'), name='each_principal_decides_once_a_round'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['approve', 'return'])), name='verdict_is_known'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'return'), _negated=True), models.Q(('comment', ''), _negated=True), _connector='OR'), name='returning_needs_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.UniqueConstraint(fields=('pipeline', 'position'), name='steps_of_a_pipeline_are_ordered'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.CheckConstraint(condition=models.Q(('people__gte', 1)), name='a_step_needs_somebody'),
        ),
        migrations.CreateModel(
            name='Opening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('digest', models.CharField(max_length=64, verbose_name='digest of what was shown')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='opened')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='workflow.round', verbose_name='round')),
            ],
            options={
                'verbose_name': 'opening of a review page',
                'verbose_name_plural': 'openings of review pages',
                'constraints': [models.UniqueConstraint(fields=('round', 'person', 'digest'), name='one_opening_a_person_and_text')],
            },
        ),
    ]
