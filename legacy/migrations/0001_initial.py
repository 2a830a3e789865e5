
import django.db.models.deletion
import django.utils.timezone
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
            name='ImportedPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='SHA-256 of the file')),
                ('name', models.CharField(max_length=255, verbose_name='file')),
                ('imported_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='imported')),
                ('report', models.JSONField(default=dict, verbose_name='report')),
                ('article', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='imported_page', to='articles.article', verbose_name='article')),
                ('imported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='imported by')),
            ],
            options={
                'verbose_name': 'imported page',
                'verbose_name_plural': 'imported pages',
                'ordering': ['-imported_at'],
            },
        ),
        migrations.CreateModel(
            name='OldAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seal_key', models.CharField(default='', editable=False, max_length=16, verbose_name='key of the seal')),
                ('seal_signature', models.CharField(default='', editable=False, max_length=128, verbose_name='seal')),
                ('address', models.CharField(help_text='As it was on the old site, e.g. /Article/ShowArticle.asp?ArticleID=12; the host is left out.', max_length=500, unique=True, verbose_name='old address')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='set at')),
                ('made_by_name', models.CharField(editable=False, max_length=50, verbose_name='set by')),
                ('article', models.ForeignKey(blank=True, help_text='Visitors are led there once it is public.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='old_addresses', to='articles.article', verbose_name='article')),
                ('department', models.ForeignKey(blank=True, help_text='Instead of an article: its page.', limit_choices_to=models.Q(('kind', 'link'), _negated=True), null=True, on_delete=django.db.models.deletion.PROTECT, related_name='old_addresses', to='departments.department', verbose_name='department')),
                ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='set by')),
            ],
            options={
                'verbose_name': 'old address',
                'verbose_name_plural': 'old addresses',
                'ordering': ['address'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('article', None), ('department__isnull', False)), models.Q(('article__isnull', False), ('department', None)), _connector='OR'), name='an_old_address_leads_to_one_thing'), models.CheckConstraint(condition=models.Q(('address__startswith', '/')), name='an_old_address_is_on_this_site')],
            },
        ),
    ]
