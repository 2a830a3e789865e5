"""Models of files: pictures, documents, audio and video, addressed by their digest."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ledger.seals import Sealed


class FileQuerySet(models.QuerySet["File"]):
    def with_renditions(self) -> "FileQuerySet":
        """Each file with its renditions and their files. One query more."""
        return self.prefetch_related(models.Prefetch("renditions", Rendition.objects.select_related("file")))


class File(Sealed):
    """One content, stored once at files/<2 digits>/<digest>. Who may have it, articles.files.access decides.

    Type, ending, size and dimensions are shown to visitors beside the content, so they are sealed with its digest,
    and so is who brought it first.
    """

    seal_kind = "file"

    digest = models.CharField(_("SHA-256"), max_length=64, unique=True)
    size = models.PositiveBigIntegerField(_("bytes"))
    media_type = models.CharField(_("type"), max_length=100)
    extension = models.CharField(_("ending"), max_length=10)
    width = models.PositiveIntegerField(_("width in pixels"), null=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True)
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )

    objects = FileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self) -> str:
        return f"{self.digest[:12]}.{self.extension}"

    def get_absolute_url(self) -> str:
        return f"/files/{self.digest}.{self.extension}"

    def manifest(self) -> dict:
        return {
            "schema": 1,
            "digest": self.digest,
            "size": self.size,
            "media_type": self.media_type,
            "extension": self.extension,
            "pixels": [self.width, self.height],
            "uploaded": [self.uploaded_at, self.uploaded_by_id],
        }

    @property
    def path(self) -> str:
        return f"files/{self.digest[:2]}/{self.digest}"


class Upload(Sealed):
    """Somebody brought a file with this content. Whoever did may put it into a text; others need a text that has it."""

    seal_kind = "upload"

    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="uploads", verbose_name=_("file"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.UniqueConstraint(fields=["file", "person"], name="each_person_brings_a_file_once"),
        ]

    def manifest(self) -> dict:
        return {"schema": 1, "file": self.file.digest, "person": self.person_id, "at": self.at}

    def __str__(self) -> str:
        return f"{self.person}: {self.file}"


class Rendition(Sealed):
    """A picture in a fixed size, made when its original was uploaded. See articles.files.renditions."""

    seal_kind = "rendition"

    original = models.ForeignKey(File, on_delete=models.CASCADE, related_name="renditions", verbose_name=_("original"))
    name = models.SlugField(_("size"), max_length=20)
    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="+", verbose_name=_("file"))

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints = [
            models.UniqueConstraint(fields=["original", "name"], name="one_rendition_of_a_size"),
        ]

    def __str__(self) -> str:
        return f"{self.original} {self.name}"

    def manifest(self) -> dict:
        return {"schema": 1, "original": self.original.digest, "name": self.name, "file": self.file.digest}
