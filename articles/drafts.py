"""Services on drafts: create, save, copy, freeze. Workflow decides when they may run."""

import json
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from articles.dates import SHOWN, check_date
from articles.files import attachments
from articles.files.attachments import AttachmentSpec
from articles.files.storage import MissingFile, NotStored, PictureIntake, check_on_disk
from articles.models import Article, Attachment, Contribution, DraftSave, File, FurtherColumn, Publication, Revision
from articles.models.revision import CONTENT_FIELDS, TEXT_FIELDS, RevisionState
from articles.search import drafts_index
from articles.text.plain_text import generate_summary, has_words, plain_text, strip_control_characters, written_summary
from articles.text.sanitising import CleanedHtml, clean_html, mentioned_file_digests, sanitise
from departments.models import Department
from inputs.visible_text import has_visible_text, validate_visible
from ledger.canonical_json import sha256
from ledger.record import record
from ledger.seals import SEAL_FIELDS

MAX_BODY_CHARS = 400_000  # characters of HTML, about 150 printed pages
AUTOSAVE_KEEP_SECONDS = 600  # seconds: how often an automatic save is kept for good


class StaleDraft(Exception):
    """Somebody saved, submitted or discarded the draft since the form was opened. `draft` is the text as it is now."""

    def __init__(self, draft: Revision) -> None:
        self.draft = draft
        if draft.state == RevisionState.DRAFT:
            super().__init__(
                _(
                    "%(name)s saved this draft at %(time)s, after you opened it. "
                    "Your text is kept below; nothing was saved."
                )
                % {"name": draft.saved_by_name, "time": timezone.localtime(draft.saved_at).strftime("%H:%M:%S")}
            )
        else:
            super().__init__(_("This article is no longer a draft; nothing was saved."))


@transaction.atomic
def create_article(
    *, department: Department, content: dict[str, Any], by: User, is_automatic: bool = False
) -> tuple[Article, list[str]]:
    """Create an article with its first draft. `content` as in `save_draft`. Return it and what sanitising lost."""
    facts = {"created_by": by, "created_by_name": by.full_name, "in_charge": by}
    article = add_article(Article(department=department, **facts))
    draft = Revision(article=article, number=1, title=content["title"], saved_by=by, saved_by_name=by.full_name)
    draft.save()
    seal_draft(draft)
    lost = save_draft(draft, content, by=by, version=draft.version, is_automatic=is_automatic)
    record("article.begun", article, by=by, department=department.pk)
    return article, lost


def add_article(article: Article) -> Article:
    """Insert an article and seal it; the seal covers its id. Inside the caller's transaction."""
    article.save(force_insert=True)
    article.apply_seal()
    article.save(update_fields=SEAL_FIELDS)
    return article


def seal_draft(draft: Revision) -> None:
    """Seal a draft as its columns, attachments and contributors now are. Inside the transaction that changed them."""
    fresh = Revision.objects.with_related_rows().get(pk=draft.pk)
    fresh.apply_seal()
    draft.seal_key, draft.seal_signature = fresh.seal_key, fresh.seal_signature
    Revision.objects.filter(pk=draft.pk).update(seal_key=fresh.seal_key, seal_signature=fresh.seal_signature)


def _check_unchanged_outside(draft: Revision, version: int) -> Revision:
    """Return the stored draft at this version. Raise StaleDraft, and ValidationError if its seal does not hold.

    The person's text stays in the form: a save would bless whatever else was changed.
    """
    stored = Revision.objects.with_related_rows().get(pk=draft.pk)
    if stored.version != version or stored.state != RevisionState.DRAFT:
        draft.refresh_from_db()
        raise StaleDraft(draft)
    if not stored.seal_holds():
        raise ValidationError(
            _(
                "This draft was changed outside the site, so nothing was saved. "
                "Copy your text to a new article, and tell a superuser."
            )
        )
    return stored


@transaction.atomic
def save_draft(
    draft: Revision, content: dict[str, Any], *, by: User, version: int, is_automatic: bool = False
) -> list[str]:
    """Save a draft over the version that the person started from. Return a sentence for each thing that was lost.

    `content` may hold any of CONTENT_FIELDS, `columns` (departments) and `attachments` (the whole list of
    AttachmentSpec). The body is sanitised, unless it is CleanedHtml from `check_body`; pasted pictures become files.
    `is_automatic`: nobody pressed a button, so an unchanged text is not saved.
    Raises StaleDraft when somebody saved in between or the draft has been submitted, and ValidationError when the body
    is too long or unreadable, or the person may not use a file.
    """
    if unknown := set(content) - {*CONTENT_FIELDS, "columns", "attachments"}:
        raise TypeError(f"a draft has no {sorted(unknown)}")
    values = {name: value for name, value in content.items() if name in CONTENT_FIELDS}
    lost: list[str] = []
    for name in values.keys() & {*TEXT_FIELDS} - {"body"}:
        values[name] = strip_control_characters(values[name])
    if "title" in values:
        validate_visible(values["title"])
    if "body" in values:
        values["body"], lost = clean_body(values["body"], by, draft)
    if cover := values.get("cover"):
        attachments.check_files_allowed(draft, [cover], by)
    if "attachments" in content:
        attachments.check_attachments(draft, content["attachments"], by)
    stored = _check_unchanged_outside(draft, version)
    if is_automatic and version > 1 and _is_unchanged(stored, values, content):
        draft.refresh_from_db()
        return lost
    values.update(version=version + 1, saved_at=timezone.now(), saved_by=by, saved_by_name=by.full_name)
    guarded = Revision.objects.filter(pk=draft.pk, version=version, state=RevisionState.DRAFT)
    if guarded.update(**values) != 1:
        draft.refresh_from_db()
        raise StaleDraft(draft)
    draft.refresh_from_db()
    if "columns" in content:
        _set_further_columns(draft, content["columns"])
    if "attachments" in content:
        attachments.set_attachments(draft, content["attachments"])
    attachments.sync_inline_attachments(draft)
    drafts_index.index_revision(draft)
    add_contributor(draft, by)
    seal_draft(draft)
    _record_save(draft, by, is_automatic)
    return lost


def _is_unchanged(current: Revision, values: dict[str, Any], content: dict[str, Any]) -> bool:
    """Whether the draft says all of this as it is."""
    if any(getattr(current, name) != value for name, value in values.items()):
        return False
    if "columns" in content and {one.pk for one in content["columns"]} - {current.article.department_id} != set(
        current.column_ids()
    ):
        return False
    return "attachments" not in content or attachments.current_attachments(current) == [
        AttachmentSpec(one.file, one.name.strip(), one.caption.strip()) for one in content["attachments"]
    ]


@transaction.atomic
def attach_file(draft: Revision, file: File, *, name: str, by: User, version: int, caption: str = "") -> Attachment:
    """Puts a file to download at the end of the draft's attachments; a save like any other (see save_draft).

    Raises StaleDraft, and ValidationError for a name or caption that is too long, or a file that is attached already.
    """
    wanted = [*attachments.current_attachments(draft), AttachmentSpec(file, name, caption)]
    save_draft(draft, {"attachments": wanted}, by=by, version=version)
    return draft.attachments.get(file=file, kind=Attachment.Kind.DOWNLOAD)


def check_body(html: str) -> CleanedHtml:
    """Clean a body without storing its pictures. Raises ValidationError if it is too long."""
    cleaned = clean_html(html)
    check_body_length(cleaned.length_with_files())
    return cleaned


def clean_body(html: str, by: User, draft: Revision | None = None) -> tuple[str, list[str]]:
    """Return the sanitised body and what was lost. `draft`: the body may use that draft's files.

    Raises ValidationError for a body that is too long, that lost all its words, or whose pictures cannot be stored.
    """
    cleaned = clean_html(html)
    allowed = attachments.allowed_digests(draft, mentioned_file_digests(cleaned), by)
    try:
        intake = PictureIntake(by)
        result = sanitise(cleaned, lambda data: intake.store(data).get_absolute_url(), allowed.__contains__)
    except NotStored as error:
        raise ValidationError(str(error)) from error  # the form keeps the text, pictures included
    check_body_length(len(result.html))
    if not has_words(result.html) and has_words(cleaned.source):
        # Storing an empty body would overwrite the text with nothing.
        raise ValidationError(_("The text cannot be read, so it was not saved. Paste it as plain text."))
    return result.html, result.lost


def check_body_length(length: int) -> None:
    """Raise ValidationError for more than MAX_BODY_CHARS characters of sanitised HTML."""
    if length > MAX_BODY_CHARS:
        raise ValidationError(
            _("The body has %(length)d characters with its markup; the most is %(limit)d. Split the article."),
            params={"length": length, "limit": MAX_BODY_CHARS},
        )


def _set_further_columns(draft: Revision, columns: list[Department]) -> None:
    wanted = {column.pk for column in columns} - {draft.article.department_id}
    FurtherColumn.objects.filter(revision=draft).exclude(department__in=wanted).delete()
    present = set(FurtherColumn.objects.filter(revision=draft).values_list("department_id", flat=True))
    FurtherColumn.objects.bulk_create(FurtherColumn(revision=draft, department_id=pk) for pk in wanted - present)


def add_contributor(revision: Revision, person: User) -> None:
    """Puts on record that the person had a hand in the revision."""
    if person.pk not in revision.contributor_ids():
        Contribution.objects.create(revision=revision, person=person, person_name=person.full_name)
        revision.clear_contributor_rows()


def copy_contributors(revision: Revision, source: Revision) -> None:
    """Make every contributor of `source` a contributor of the revision."""
    hands = revision.contributor_ids()
    Contribution.objects.bulk_create(
        Contribution(revision=revision, person_id=hand.person_id, person_name=hand.person_name, at=hand.at)
        for hand in source.contributions.all()
        if hand.person_id not in hands
    )
    revision.clear_contributor_rows()


def _record_save(draft: Revision, by: User, is_automatic: bool) -> None:
    content = json.loads(json.dumps(draft.content(), cls=DjangoJSONEncoder))
    saves = DraftSave.objects.filter(revision=draft)
    if is_automatic:
        # Of the automatic saves that follow one another, one in ten minutes is kept: they come every half minute, and
        # would soon have pushed out what people saved themselves.
        before = saves.filter(version=draft.version - 1, person=by, is_automatic=True).first()
        if before and _keep_slot(before.at) == _keep_slot(draft.saved_at):
            before.delete()
    save = DraftSave(
        revision=draft,
        version=draft.version,
        at=draft.saved_at,
        person=by,
        person_name=by.full_name,
        content=content,
        is_automatic=is_automatic,
    )
    save.apply_seal()
    save.save(force_insert=True)
    beyond = saves.order_by("-version").values_list("version", flat=True)[DraftSave.MAX_SAVES : DraftSave.MAX_SAVES + 1]
    if oldest := beyond.first():
        saves.filter(version__lte=oldest).delete()


def _keep_slot(moment: datetime) -> int:
    return int(moment.timestamp()) // AUTOSAVE_KEEP_SECONDS


def copy_as_draft(
    source: Revision, *, by: User, keep_contributors: bool, based_on: Revision | None, into: Article | None = None
) -> Revision:
    """A new active draft with the words of `source`, of the same article or of another one, `into`.

    `keep_contributors`: everybody who had a hand in `source` has one in the copy; left out only when `source` is the
    approved text: leaders approved it, so nobody counts as its author. Inside the caller's transaction. Raises
    TamperedText if `source` was submitted and its words have changed since.
    """
    attached = list(source.attachments.select_related("file"))
    columns = source.check_text(attached)["columns"]
    article = into or source.article
    last = article.revisions.aggregate(last=Max("number"))["last"] or 0
    content = {name: getattr(source, name) for name in CONTENT_FIELDS}
    content["summary"] = written_summary(source.summary, source.body)
    draft = Revision.objects.create(
        article=article,
        number=last + 1,
        **content,
        based_on=based_on,
        saved_by=by,
        saved_by_name=by.full_name,
    )
    FurtherColumn.objects.bulk_create(FurtherColumn(revision=draft, department_id=pk) for pk in columns)
    Attachment.objects.bulk_create(
        Attachment(revision=draft, file_id=a.file_id, kind=a.kind, name=a.name, caption=a.caption, position=a.position)
        for a in attached
    )
    if keep_contributors:
        copy_contributors(draft, source)
    seal_draft(draft)
    if keep_contributors:
        drafts_index.index_revision(draft)  # of what is public, and therefore without hands, the other index knows
    return draft


class DraftNotReady(Exception):
    """The draft is nothing that anybody could sensibly decide on; the message says what it lacks."""


def check_draft_ready(draft: Revision) -> None:
    """Raises DraftNotReady for a draft that lacks something, whichever way its words came in."""
    relations = {field.name for field in Revision._meta.concrete_fields if field.is_relation}
    try:
        draft.clean_fields(exclude=relations)  # which the database itself holds to be there
    except ValidationError as error:
        raise DraftNotReady(" ".join(error.messages)) from error
    for name in ("dated", "issued_on"):
        try:
            if value := getattr(draft, name):
                check_date(value, SHOWN)
        except ValidationError as error:
            label = Revision._meta.get_field(name).verbose_name
            raise DraftNotReady(f"{label}{_(':')} {' '.join(error.messages)}") from error
    if not (has_visible_text(plain_text(draft.body)) or "<img" in draft.body or draft.address):
        raise DraftNotReady(_("The article is empty: write its body, or give the address that it leads to."))
    check_files(draft)


def check_files(revision: Revision) -> None:
    """Raise DraftNotReady if a file of the revision is not on the disk, or has the wrong size."""
    try:
        check_on_disk(revision)
    except MissingFile as error:
        raise DraftNotReady(str(error)) from error


def freeze(draft: Revision, at: datetime) -> None:
    """Computes the digests, seals and freezes the draft; an empty summary is made from the body first.

    Saving takes no lock of the article's. Raises DraftNotReady when somebody saved since the draft was read.
    """
    draft.summary = draft.summary or generate_summary(draft.body)
    draft.state, draft.frozen_at = RevisionState.FROZEN, at
    draft.digest, draft.body_digest = draft.compute_digest(), sha256(draft.body)
    draft.apply_seal()
    names = ("summary", "state", "frozen_at", "digest", "body_digest", "seal_key", "seal_signature")
    unchanged = Revision.objects.filter(pk=draft.pk, state=RevisionState.DRAFT, version=draft.version)
    if unchanged.update(**{name: getattr(draft, name) for name in names}) != 1:
        raise DraftNotReady(
            _("Somebody saved this draft at the same moment. Read what it says now, then do this again.")
        )


def base_publication(article: Article) -> Publication | None:
    """The publication that a new draft starts from: live, scheduled, or the last there was."""
    return article.publications.not_called_off().select_related("revision").order_by("-number").first()
