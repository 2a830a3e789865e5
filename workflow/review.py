"""The page on which a text is decided: what it says, what changed, what others said, and the two buttons."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.findings import findings
from articles.models import Article
from workflow import services, standing_in
from workflow.authority import why_not
from workflow.forms import DecisionForm, RemarkForm
from workflow.models import Decision, QuickPhrase, Remark, Round, RoundStep
from workflow.queueing import next_after, place_of
from workflow.seeing import round_or_404
from workflow.transitions import WrongState

EARLIER = 10  # rounds of the article whose opinions are shown
NAMED = 6  # people who could decide that are named


@dataclass
class Progress:
    """One step of a round in the progress line. `able`: names of those whose turn it is; `more`: how many besides."""

    step: RoundStep
    decisions: list
    is_current: bool
    able: list[str] = field(default_factory=list)
    more: int = 0


def progress(round: Round) -> list[Progress]:
    """Each step with its decisions; of the one that waits, who could decide it now."""
    steps = list(round.steps.select_related("role").prefetch_related("decisions"))
    current = next((step for step in steps if step.passed_at is None), None)
    line = [Progress(step, list(step.decisions.all()), step is current) for step in steps]
    for shown in line:
        if shown.is_current and round.state == "open":
            shown.step.decided = len(shown.decisions)
            names = list(standing_in.able(shown.step).order_by("full_name", "pk").values_list("full_name", flat=True))
            shown.able, shown.more = names[:NAMED], len(names[NAMED:])
    return line


def earlier_rounds(round: Round) -> list[Round]:
    """The rounds before it, the newest first, each with `opinions` and `remarks_then`. Three queries."""
    opinions = Decision.objects.filter(kept_from=None).select_related("step").order_by("decided_at", "pk")
    return list(
        Round.objects.filter(article=round.article_id, number__lt=round.number)
        .select_related("revision")
        .prefetch_related(
            Prefetch("decisions", opinions, to_attr="opinions"),
            Prefetch("remarks", Remark.objects.standing(), to_attr="remarks_then"),
        )
        .defer("revision__body")
        .order_by("-number")[:EARLIER]
    )


def review(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """Shows the text with all that helps to decide on it; takes the decision by POST."""
    found = round_or_404(request.user, pk)
    form = DecisionForm(request.POST or None, initial={"seen": found.revision.digest})
    if request.method != "POST":
        return page(request, found, form, context)
    if form.is_valid() and _decided(request, found, form):
        following = next_after(found, request.user)
        if following:
            return HttpResponseRedirect(reverse("admin:workflow_round_review", args=[following]))
        return HttpResponseRedirect(reverse("admin:workflow_round_changelist"))
    return page(request, round_or_404(request.user, pk), form, context, status=400)


def page(
    request: HttpRequest,
    found: Round,
    form: DecisionForm,
    context: dict[str, Any],
    *,
    remarking: RemarkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The review page with a form as it was filled in. `remarking`: that of a remark, likewise."""
    steps, revision = progress(found), found.text()
    revision.article = found.article
    earlier = earlier_rounds(found)
    refusal = why_not(request.user, found) if found.state == "open" else _("This round is closed.")
    context = {
        **context,
        "title": revision.title,
        "round": found,
        "revision": revision,
        "article": found.article,
        "steps": steps,
        "form": form,
        "signs_off": bool(steps) and steps[-1].is_current and len(steps[-1].decisions) + 1 >= steps[-1].step.people,
        "why_not": refusal,
        "place": place_of(found, request.user),
        "phrases": [] if refusal else QuickPhrase.objects.all(),
        "findings": findings(revision),
        "remarks": found.remarks.standing(),
        "remarking": remarking or RemarkForm(),
        "earlier": earlier,
        "live": found.article.publications.live().select_related("department", "revision").first(),
        "last": next((one.revision for one in earlier if one.revision_id != revision.pk), None),
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
                said = _outcome(found, publication, words["at"])
            case "return":
                services.return_for_changes(found, by=request.user, seen=words["seen"], reason=words["comment"])
                said = _("“%(title)s” was returned to its authors.") % {"title": found.revision.title}
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
    left = place_of(found, request.user).others
    if left:
        said += " " + ngettext("%(count)d more waits for you.", "%(count)d more wait for you.", left) % {"count": left}
    else:
        said += " " + _("Nothing else waits for you.")
    messages.success(request, said)
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
