"""The page on which a text is decided: what it says, what changed, what others said, and the two buttons."""

from dataclasses import dataclass, field
from typing import Any

from csp.decorators import csp_replace
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.findings import findings
from articles.models import Article
from workflow import openings, services, standing_in
from workflow.authority import why_not
from workflow.forms import DecisionForm, RemarkForm
from workflow.models import Decision, QuickPhrase, Remark, Round, RoundStep
from workflow.queueing import place_of
from workflow.rounds import signs_off
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
    """Show the text with everything that helps to decide on it; take the decision by POST.

    A decision leads to its result page and never to the next review page: a second tap would decide there.
    """
    found = round_or_404(request.user, pk)
    form = DecisionForm(request.POST or None)
    if request.method != "POST":
        return page(request, found, form, context)
    if form.is_valid() and _decided(request, found, form):
        return HttpResponseRedirect(reverse("admin:workflow_round_outcome", args=[pk]))
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
    if request.method == "GET" and not refusal:
        openings.note_opening(found, request.user)
    context = {
        **context,
        "title": revision.title,
        "round": found,
        "revision": revision,
        "article": found.article,
        "steps": steps,
        "form": form,
        "opened": "" if refusal else openings.issue_token(found, request.user),
        "signs_off": signs_off(found),
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
    """Take the decision; add the reason to the form if it is refused."""
    words = form.cleaned_data
    try:
        seen = openings.read_token(request.POST.get("opened", ""), found, request.user)
        match request.POST.get("verdict"):
            case "approve":
                services.approve(found, by=request.user, seen=seen, comment=words["comment"], at=words["at"])
            case "return":
                services.return_for_changes(found, by=request.user, seen=seen, reason=words["comment"])
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
