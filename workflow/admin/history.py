"""Views that compare two wordings and restore an earlier one."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.models import Article, DraftSave
from articles.text.diff import differences
from departments import permissions
from departments.exceptions import WrongState
from workflow import services
from workflow.actions.restoring import TextVersion, content_digest, find_text_version
from workflow.desk.timeline import MAX_SAVES
from workflow.rules.authorization import available_actions
from workflow.rules.states import state_of
from workflow.rules.transitions import Action
from workflow.rules.visibility import check_see_text

VersionChoice = tuple[str, str]  # key of a wording, its name


def urls(site: AdminSite) -> list[URLPattern]:
    """For the addresses of an article. Names: articles_article_compare, articles_article_restore."""

    def page(request: HttpRequest, pk: int) -> HttpResponse:
        request.current_app = site.name
        return compare_view(request, pk, site.each_context(request))

    return [
        path("<int:pk>/compare/", site.admin_view(page), name="articles_article_compare"),
        path("<int:pk>/restore/", site.admin_view(restore_view), name="articles_article_restore"),
    ]


def _article_or_404(pk: int) -> Article:
    return get_object_or_404(Article.objects.select_related("department", "in_charge"), pk=pk)


def compare_view(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """What changed `from` one wording `to` another, by their keys; without them, the last two. `part`: that alone."""
    article = _article_or_404(pk)
    check_see_text(request.user, article)
    groups = _version_choices(article)
    old, new = _requested_versions(
        request, article, [key for _name, choices in groups for key, _label in choices if "." not in key]
    )
    context = {
        **context,
        "title": _("Compare wordings"),
        "opts": Article._meta,
        "article": article,
        "groups": groups,
        "old": old,
        "new": new,
        "differences": None,
        "restorable": _restorable(request, article, old),
    }
    if old and new:
        before, after = old.content(), new.content()
        if request.GET.get("digest", "") not in ("", new.revision.digest):
            raise new.revision.tampered()  # the review page that leads here is about another text
        context |= {"differences": differences(before, after), "old_digest": content_digest(before)}
    if "part" in request.GET:
        return TemplateResponse(request, "admin/articles/article/_differences.html", context)
    return TemplateResponse(request, "admin/articles/article/compare.html", context)


def _requested_versions(
    request: HttpRequest, article: Article, revisions: list[str]
) -> tuple[TextVersion | None, TextVersion | None]:
    """`revisions`: keys of all there are, the newest first."""
    keys = [request.GET.get("from", ""), request.GET.get("to", "")]
    if not any(keys) and revisions:
        keys = [revisions[min(1, len(revisions) - 1)], revisions[0]]
    old, new = (find_text_version(article, key) for key in keys)
    return old, new


def _version_choices(article: Article) -> list[tuple[str, list[VersionChoice]]]:
    """Every revision with the saves that were kept of it, the newest first. Two queries."""
    revisions = article.revisions.filter(expunged_at=None).order_by("-number")
    saves: dict[int, list[VersionChoice]] = {}
    rows = DraftSave.objects.filter(revision__article=article, revision__expunged_at=None).order_by("-at", "-version")
    for number, version, at, name in rows.values_list("revision__number", "version", "at", "person_name")[:MAX_SAVES]:
        label = _("save %(save)d: %(time)s, %(name)s") % {"save": version, "time": _format_time(at), "name": name}
        saves.setdefault(number, []).append((f"{number}.{version}", label))
    groups = []
    for found in revisions.only("article", "number", "state", "saved_at", "saved_by_name"):
        name = _("revision %(number)d") % {"number": found.number}
        facts = {"state": found.get_state_display(), "time": _format_time(found.saved_at), "name": found.saved_by_name}
        label = _("%(state)s, %(time)s, %(name)s") % facts
        groups.append(
            (
                name,
                [
                    (str(found.number), _("%(name)s: %(label)s") % {"name": name, "label": label}),
                    *saves.get(found.number, []),
                ],
            )
        )
    return groups


def _format_time(moment: Any) -> str:
    return date_format(localtime(moment), "m-d H:i")


def _restorable(request: HttpRequest, article: Article, old: TextVersion | None) -> TextVersion | None:
    """The earlier of the two, where the person may put it back; the draft itself is there already."""
    if old is None or (old.save is None and old.revision.state == "draft"):
        return None
    return old if Action.RESTORE in available_actions(article, state_of(article), request.user) else None


@require_POST
def restore_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Puts `wording`, a key, into the draft."""
    article = _article_or_404(pk)
    permissions.check_see(request.user, article.department)
    source = find_text_version(article, request.POST.get("wording", ""))
    if source is None:
        messages.error(request, _("There is no such wording. Choose another one."))
        return HttpResponseRedirect(reverse("admin:articles_article_compare", args=[article.pk]))
    try:
        _draft, lost = services.restore(article, by=request.user, source=source, seen=request.POST.get("seen", ""))
    except WrongState as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:articles_article_compare", args=[article.pk]))
    text = _("The draft says again what %(wording)s said. What stood in it before is in the history.")
    messages.success(request, text % {"wording": source.name})
    for sentence in lost:
        messages.warning(request, sentence)
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
