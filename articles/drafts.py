"""Drafts: begun, saved, copied, frozen. When any of this may happen, workflow says."""

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
from articles import attaching, desk_search
from articles.attaching import Attached
from articles.dates import SHOWN, check_date
from articles.files import MissingFile, NotStored, check_on_disk, store_picture
from articles.models import Article, Attachment, Contribution, DraftSave, File, FurtherColumn, Publication, Revision
from articles.models.revision import CONTENT_FIELDS, TEXT_FIELDS, RevisionState
from articles.sanitising import files_named, has_words, plain_text, printable, sanitise
from departments.models import Department
from ledger.canonical import sha256
from ledger.record import record

LONGEST_BODY = 400_000  # characters of HTML, about 150 printed pages
SUMMARY_LENGTH = 120
KEPT_EVERY = 600  # seconds: how often an automatic save is kept for good


class StaleDraft(Exception):
    """Somebody saved the draft since the form was opened. `draft` is what stands there now."""

    def __init__(self, draft: Revision) -> None:
        self.draft = draft
        super().__init__(
            _("%(name)s saved this draft at %(time)s, after you opened it. Your text is kept below; nothing was saved.")
            % {"name": draft.saved_by_name, "time": timezone.localtime(draft.saved_at).strftime("%H:%M:%S")}
        )


@transaction.atomic
def begin_article(
    *, department: Department, content: dict[str, Any], by: User, is_automatic: bool = False
) -> tuple[Article, list[str]]:
    """A new article with its first draft. `content` as in save_draft. Returns it with what was lost in sanitising."""
    facts = {"created_by": by, "created_by_name": by.full_name, "in_charge": by}
    article = Article.objects.create(department=department, **facts)
    draft = Revision(article=article, number=1, title=content["title"], saved_by=by, saved_by_name=by.full_name)
    draft.save()
    lost = save_draft(draft, content, by=by, version=draft.version, is_automatic=is_automatic)
    record("article.begun", article, by=by, department=department.pk)
    return article, lost


@transaction.atomic
def save_draft(
    draft: Revision, content: dict[str, Any], *, by: User, version: int, is_automatic: bool = False
) -> list[str]:
    """Saves a draft over the save numbered `version`, which the person started from.

    `content` may hold any of CONTENT_FIELDS, `columns` (departments) and `attachments` (list of Attached: all that
    there are to be). The body is sanitised, pasted pictures become files. `is_automatic`: nobody pressed a button;
    when nothing has changed, nothing is saved. Returns a sentence for each thing that was lost.
    Raises StaleDraft when somebody saved in between or the draft has been submitted, and ValidationError when the body
    is too long or unreadable, or a file is not the person's to use.
    """
    if unknown := set(content) - {*CONTENT_FIELDS, "columns", "attachments"}:
        raise TypeError(f"a draft has no {sorted(unknown)}")
    values = {name: value for name, value in content.items() if name in CONTENT_FIELDS}
    values.update({name: printable(value) for name, value in values.items() if name in TEXT_FIELDS})
    lost: list[str] = []
    if "body" in values:
        values["body"], lost = clean_body(values["body"], by, draft)
    if cover := values.get("cover"):
        attaching.check_usable(draft, [cover], by)
    if "attachments" in content:
        attaching.check_attachments(draft, content["attachments"], by)
    if is_automatic and version > 1 and _says_already(draft, values, content, version):
        return lost
    values.update(version=version + 1, saved_at=timezone.now(), saved_by=by, saved_by_name=by.full_name)
    guarded = Revision.objects.filter(pk=draft.pk, version=version, state=RevisionState.DRAFT)
    if guarded.update(**values) != 1:
        draft.refresh_from_db()
        raise StaleDraft(draft)
    draft.refresh_from_db()
    if "columns" in content:
        _place_in(draft, content["columns"])
    if "attachments" in content:
        attaching.put_attachments(draft, content["attachments"])
    attaching.attach_what_the_body_shows(draft)
    desk_search.put(draft)
    add_hand(draft, by)
    _keep_in_history(draft, by, is_automatic)
    return lost


def _says_already(draft: Revision, values: dict[str, Any], content: dict[str, Any], version: int) -> bool:
    """Whether the draft, at this version, says all of this as it is."""
    now = Revision.objects.select_related("cover").get(pk=draft.pk)
    if now.version != version or any(getattr(now, name) != value for name, value in values.items()):
        return False
    if "columns" in content and {one.pk for one in content["columns"]} - {now.article.department_id} != set(
        now.column_ids()
    ):
        return False
    draft.refresh_from_db()
    return "attachments" not in content or attaching.attached_now(now) == [
        Attached(one.file, one.name.strip(), one.caption.strip()) for one in content["attachments"]
    ]


@transaction.atomic
def attach(draft: Revision, file: File, *, name: str, by: User, version: int, caption: str = "") -> Attachment:
    """Puts a file to download at the end of the draft's attachments; a save like any other (see save_draft).

    Raises StaleDraft, and ValidationError for a name or caption that is too long, or a file that is attached already.
    """
    wanted = [*attaching.attached_now(draft), Attached(file, name, caption)]
    save_draft(draft, {"attachments": wanted}, by=by, version=version)
    return draft.attachments.get(file=file, kind=Attachment.Kind.DOWNLOAD)


def clean_body(html: str, by: User, draft: Revision | None = None) -> tuple[str, list[str]]:
    """(sanitised body, what was lost). Raises ValidationError for a body that is too long, whose words all got lost,
    or whose pictures cannot be stored.

    `draft`: the one that the body is for; the files in it may stand there further, others only if they are the
    person's to use.
    """
    allowed = attaching.usable_in(draft, files_named(html), by)
    try:
        result = sanitise(html, lambda data: store_picture(data, by).get_absolute_url(), allowed.__contains__)
    except NotStored as error:
        raise ValidationError(str(error)) from error  # the form keeps the text, pictures included
    check_length(result.html)
    if not has_words(result.html) and has_words(html):
        # Storing an empty body would overwrite the text with nothing.
        raise ValidationError(_("The text cannot be read, so it was not saved. Paste it as plain text."))
    return result.html, result.lost


def check_length(body: str) -> None:
    """Raises ValidationError for sanitised HTML of more than LONGEST_BODY characters."""
    if len(body) > LONGEST_BODY:
        raise ValidationError(
            _("The body has %(length)d characters with its markup; the most is %(limit)d. Split the article."),
            params={"length": len(body), "limit": LONGEST_BODY},
        )


def _place_in(draft: Revision, columns: list[Department]) -> None:
    wanted = {column.pk for column in columns} - {draft.article.department_id}
    FurtherColumn.objects.filter(revision=draft).exclude(department__in=wanted).delete()
    present = set(FurtherColumn.objects.filter(revision=draft).values_list("department_id", flat=True))
    FurtherColumn.objects.bulk_create(FurtherColumn(revision=draft, department_id=pk) for pk in wanted - present)


def add_hand(revision: Revision, person: User) -> None:
    """Puts on record that the person had a hand in the revision."""
    if person.pk not in revision.hands():
        Contribution.objects.create(revision=revision, person=person, person_name=person.full_name)
        revision.forget_hands()


def add_hands(revision: Revision, of: Revision) -> None:
    """Whoever had a hand in `of` has one in the revision too."""
    hands = revision.hands()
    Contribution.objects.bulk_create(
        Contribution(revision=revision, person_id=hand.person_id, person_name=hand.person_name, at=hand.at)
        for hand in of.contributions.all()
        if hand.person_id not in hands
    )
    revision.forget_hands()


def _keep_in_history(draft: Revision, by: User, is_automatic: bool) -> None:
    content = json.loads(json.dumps(draft.content(), cls=DjangoJSONEncoder))
    saves = DraftSave.objects.filter(revision=draft)
    if is_automatic:
        # Of the automatic saves that follow one another, one in ten minutes is kept: they come every half minute, and
        # would soon have pushed out what people saved themselves.
        before = saves.filter(version=draft.version - 1, person=by, is_automatic=True).first()
        if before and _spell(before.at) == _spell(draft.saved_at):
            before.delete()
    DraftSave.objects.create(
        revision=draft,
        version=draft.version,
        at=draft.saved_at,
        person=by,
        person_name=by.full_name,
        content=content,
        is_automatic=is_automatic,
    )
    beyond = saves.order_by("-version").values_list("version", flat=True)[DraftSave.KEPT : DraftSave.KEPT + 1]
    if oldest := beyond.first():
        saves.filter(version__lte=oldest).delete()


def _spell(moment: datetime) -> int:
    return int(moment.timestamp()) // KEPT_EVERY


def copy_as_draft(
    source: Revision, *, by: User, keep_hands: bool, based_on: Revision | None, into: Article | None = None
) -> Revision:
    """A new active draft with the words of `source`, of the same article or of another one, `into`.

    `keep_hands`: everybody who had a hand in `source` has one in the copy; left out only when `source` is the
    approved text, which nobody's hand is in any more. Inside the caller's transaction.
    """
    article = into or source.article
    last = article.revisions.aggregate(last=Max("number"))["last"] or 0
    words = {name: getattr(source, name) for name in CONTENT_FIELDS}
    if source.summary == summary_of(source.body):
        words["summary"] = ""  # freezing made it from the body, and makes it again from what the body says then
    draft = Revision.objects.create(
        article=article,
        number=last + 1,
        **words,
        based_on=based_on,
        saved_by=by,
        saved_by_name=by.full_name,
    )
    FurtherColumn.objects.bulk_create(
        FurtherColumn(revision=draft, department_id=pk)
        for pk in source.further_columns.values_list("department_id", flat=True)
    )
    Attachment.objects.bulk_create(
        Attachment(revision=draft, file_id=a.file_id, kind=a.kind, name=a.name, caption=a.caption, position=a.position)
        for a in source.attachments.all()
    )
    if keep_hands:
        add_hands(draft, source)
        desk_search.put(draft)  # of what is public, and therefore without hands, the other index knows
    return draft


class NotReady(Exception):
    """The draft is nothing that anybody could sensibly decide on; the message says what it lacks."""


def check_ready(draft: Revision) -> None:
    """Raises NotReady for a draft that lacks something, whichever way its words came in."""
    relations = {field.name for field in Revision._meta.concrete_fields if field.is_relation}
    try:
        draft.clean_fields(exclude=relations)  # which the database itself holds to be there
    except ValidationError as error:
        raise NotReady(" ".join(error.messages)) from error
    for name in ("dated", "issued_on"):
        try:
            if value := getattr(draft, name):
                check_date(value, SHOWN)
        except ValidationError as error:
            label = Revision._meta.get_field(name).verbose_name
            raise NotReady(f"{label}{_(':')} {' '.join(error.messages)}") from error
    if not (draft.body.strip() or draft.address):
        raise NotReady(_("The article is empty: write its body, or give the address that it leads to."))
    check_files(draft)


def check_files(revision: Revision) -> None:
    """Raise NotReady if a file of the revision is not on the disk, or has the wrong size."""
    try:
        check_on_disk(revision)
    except MissingFile as error:
        raise NotReady(str(error)) from error


def freeze(draft: Revision, at: datetime) -> None:
    """Computes the digests and freezes the draft; an empty summary is made from the body first.

    Saving takes no lock of the article's. Raises NotReady when somebody saved since the draft was read.
    """
    draft.summary = draft.summary or summary_of(draft.body)
    frozen = {
        "summary": draft.summary,
        "state": RevisionState.FROZEN,
        "frozen_at": at,
        "digest": draft.compute_digest(),
        "body_digest": sha256(draft.body),
    }
    unchanged = Revision.objects.filter(pk=draft.pk, state=RevisionState.DRAFT, version=draft.version)
    if unchanged.update(**frozen) != 1:
        raise NotReady(_("Somebody saved this draft at the same moment. Read what it says now, then do this again."))
    for name, value in frozen.items():
        setattr(draft, name, value)


def summary_of(body: str) -> str:
    """The first SUMMARY_LENGTH characters of the words, on one line."""
    words = " ".join(plain_text(body).split())
    return words if len(words) <= SUMMARY_LENGTH else words[: SUMMARY_LENGTH - 1].rstrip() + "…"


def live_or_latest(article: Article) -> Publication | None:
    """The publication that a new draft starts from: live, scheduled, or the last there was."""
    return article.publications.effective().select_related("revision").order_by("-number").first()
