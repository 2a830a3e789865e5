"""The review desk: what waits for whom, the page on which it is decided, and the text as visitors would see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import Article
from departments import permissions
from departments.permissions import NotAllowed, departments_to_see
from workflow import services
from workflow.authority import why_not
from workflow.forms import DecisionForm
from workflow.history import events
from workflow.models import Round, RoundStep
from workflow.transitions import Action, WrongState

DECISIONS = (Action.APPROVE, Action.RETURN)
PAGE_SIZE = 30
NUMBER_SHOWN = 20  # characters; a longer number than any round has was made up


@dataclass
class Progress:
    """One step of a round in the progress line."""

    step: RoundStep
    decisions: list
    is_current: bool


def progress(round: Round) -> list[Progress]:
    steps = list(round.steps.select_related("role").prefetch_related("decisions"))
    current = next((step.pk for step in steps if step.passed_at is None), None)
    return [Progress(step, list(step.decisions.all()), step.pk == current) for step in steps]


def _rows(rounds: list[Round]) -> list[dict[str, Any]]:
    """Rounds with the step that each waits at, since when, and whether that is overdue. One query more."""
    steps = {
        step.round_id: step
        for step in RoundStep.objects.filter(round__in=rounds, reached_at__isnull=False, passed_at=None)
    }
    now = timezone.now()
    return [
        {"round": found, "step": steps.get(found.pk), "overdue": _overdue(steps.get(found.pk), now)} for found in rounds
    ]


def _overdue(step: RoundStep | None, now: datetime) -> bool:
    return bool(step and step.due_hours and step.reached_at + timedelta(hours=step.due_hours) < now)


def queue(request: HttpRequest) -> dict[str, Any]:
    """What waits for this person, and, below it, what else is in review where they have a role."""
    related = ("revision", "article__department")
    mine = Paginator(Round.objects.awaiting(request.user).select_related(*related), PAGE_SIZE)
    page = mine.get_page(request.GET.get("page"))
    others = Round.objects.open().exclude(pk__in=Round.objects.awaiting(request.user).values("pk"))
    if not request.user.is_superuser:
        others = others.filter(article__department__in=departments_to_see(request.user))
    others = others.select_related(*related).order_by("-submitted_at")[:PAGE_SIZE]
    return {
        "title": _("Waiting for me"),
        "page": page,
        "mine": _rows(list(page)),
        "others": _rows(list(others)),
    }


def approve_many(request: HttpRequest) -> None:
    """Approves what was ticked, each with the digest that the list showed, and says of each refusal what and why.

    `chosen` holds "<number of the round>:<digest>". Titles are named to those only who may see the article.
    """
    chosen = list(dict.fromkeys(request.POST.getlist("chosen")))
    if not chosen:
        messages.error(request, _("Nothing was ticked. Tick what you want to approve, then press the button again."))
        return
    approved = 0
    for one in chosen[:PAGE_SIZE]:
        pk, _colon, seen = one.partition(":")
        name = _("Submission %(number)s") % {"number": pk[:NUMBER_SHOWN]}
        try:
            found = _round_or_404(request, int(pk) if pk.isdecimal() and len(pk) <= NUMBER_SHOWN else 0)
            name = found.revision.title or name  # an expunged text has none
            services.approve(found, by=request.user, seen=seen)
        except Http404:
            messages.error(request, _("%(name)s: there is no such submission.") % {"name": name})
        except (NotAllowed, WrongState) as error:
            messages.error(request, _("%(name)s: %(reason)s") % {"name": name, "reason": error})
        else:
            approved += 1
    if len(chosen) > PAGE_SIZE:
        text = _("Only the first %(count)d of what was ticked were looked at; tick the others again.")
        messages.error(request, text % {"count": PAGE_SIZE})
    if approved:
        text = ngettext("%(count)d article approved.", "%(count)d articles approved.", approved)
        messages.success(request, text % {"count": approved})


def _round_or_404(request: HttpRequest, pk: int) -> Round:
    found = get_object_or_404(Round.objects.select_related("revision", "article__department", "submitted_by"), pk=pk)
    if not Round.objects.awaiting(request.user).filter(pk=pk).exists():  # deputies may be from elsewhere
        permissions.check_see(request.user, found.article.department)
    return found


def review(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """Shows the text, its history and the two buttons; takes the decision by POST."""
    found = _round_or_404(request, pk)
    form = DecisionForm(request.POST or None, initial={"seen": found.revision.digest})
    status = 200
    if request.method == "POST":
        if form.is_valid() and _decided(request, found, form):
            following = Round.objects.awaiting(request.user).first()
            if following:
                return HttpResponseRedirect(reverse("admin:workflow_round_review", args=[following.pk]))
            return HttpResponseRedirect(reverse("admin:workflow_round_changelist"))
        status = 400
        found = _round_or_404(request, pk)
    steps = progress(found)
    context = {
        **context,
        "title": found.revision.title,
        "round": found,
        "revision": found.revision,
        "article": found.article,
        "steps": steps,
        "form": form,
        "signs_off": bool(steps) and steps[-1].is_current and len(steps[-1].decisions) + 1 >= steps[-1].step.people,
        "why_not": why_not(request.user, found) if found.state == "open" else _("This round is closed."),
        "events": events(found.article),
        "live": found.article.publications.live().select_related("department").first(),
    }
    return TemplateResponse(request, "admin/workflow/round/review.html", context, status=status)


def _decided(request: HttpRequest, found: Round, form: DecisionForm) -> bool:
    """Takes the decision; a refusal for the moment stands in the form beside what was typed."""
    words = form.cleaned_data
    try:
        match request.POST.get("verdict"):
            case "approve":
                publication = services.approve(
                    found, by=request.user, seen=words["seen"], comment=words["comment"], at=words["at"]
                )
                messages.success(request, _outcome(found, publication, words["at"]))
            case "return":
                services.return_for_changes(found, by=request.user, seen=words["seen"], reason=words["comment"])
                messages.success(
                    request, _("“%(title)s” was returned to its authors.") % {"title": found.revision.title}
                )
            case _:
                form.add_error(None, _("Press “Approve” or “Return for changes”."))
                return False
    except services.ReasonMissing as error:
        form.add_error("comment", str(error))
        return False
    except services.BadTime as error:
        form.add_error("at", str(error))
        return False
    except WrongState as error:
        form.add_error(None, str(error))
        return False
    return True


def _outcome(found: Round, publication: Any, at: datetime | None) -> str:
    title = {"title": found.revision.title}
    if publication is None:
        return _("“%(title)s” is approved and goes to the next step.") % title
    if at:
        when = timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
        return _("“%(title)s” is signed off and appears at %(when)s.") % {**title, "when": when}
    return _("“%(title)s” is signed off and public now.") % title


@csp_replace({"frame-ancestors": ["'self'"]})
def preview(request: HttpRequest, article: Article, number: int) -> HttpResponse:
    """A revision in the public look."""
    revision = article.revisions.select_related("cover").filter(number=number).first()
    if revision is None:
        raise Http404
    attachments = revision.attachments.filter(kind="download").select_related("file")
    context = {
        "revision": revision,
        "publication": None,
        "department": article.department,
        "downloads": attachments,
    }
    response = render(request, "admin/articles/article/preview.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response
