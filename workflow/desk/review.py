"""The review page: text, changes, remarks, checks and the two buttons."""

from dataclasses import dataclass, field
from typing import Any

from csp.decorators import csp_replace
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.editing.checks import run_checks
from articles.models import Article
from departments.exceptions import WrongState
from ledger.canonical_json import canonical_json, sha256
from ledger.monitoring.alarms import intact_rows
from workflow import services
from workflow.actions import openings, remarks
from workflow.actions.round_records import signs_off
from workflow.desk.forms import DecisionForm, RemarkForm
from workflow.desk.queue import queue_position
from workflow.desk.refused_text import refused_text_response
from workflow.exceptions import BadTime, ReasonMissing, StaleText
from workflow.models import Decision, QuickPhrase, Remark, Round, RoundStep
from workflow.rules.authorization import decision_refusal
from workflow.rules.eligible_deciders import eligible_deciders
from workflow.rules.revision_text import checked_content
from workflow.rules.visibility import round_or_404

MAX_EARLIER_ROUNDS = 10  # rounds of the article whose opinions are shown
MAX_DECIDERS_NAMED = 6  # people who could decide that are named


@dataclass
class StepProgress:
    """One step of a round in the progress line. `decider_names`: whose turn it is; `more_deciders`: how many more."""

    step: RoundStep
    decisions: list
    is_current: bool
    decider_names: list[str] = field(default_factory=list)
    more_deciders: int = 0


def round_progress(round: Round) -> list[StepProgress]:
    """Each step with its decisions; of the one that waits, who could decide it now."""
    steps = list(round.steps.select_related("role").prefetch_related("decisions"))
    current = next((step for step in steps if step.passed_at is None), None)
    line = [StepProgress(step, list(step.decisions.all()), step is current) for step in steps]
    for shown in line:
        if shown.is_current and round.state == "open":
            shown.step.decision_count = len(shown.decisions)
            names = list(eligible_deciders(shown.step).order_by("full_name", "pk").values_list("full_name", flat=True))
            shown.decider_names, shown.more_deciders = names[:MAX_DECIDERS_NAMED], len(names[MAX_DECIDERS_NAMED:])
    return line


def earlier_rounds(round: Round) -> list[Round]:
    """The rounds before it, the newest first, each with `opinions` and `active_remarks`. Three queries."""
    opinions = Decision.objects.filter(kept_from=None).select_related("step").order_by("decided_at", "pk")
    earlier = list(
        Round.objects.filter(article=round.article_id, number__lt=round.number)
        .select_related("revision")
        .prefetch_related(
            Prefetch("decisions", opinions, to_attr="opinions"),
            Prefetch("remarks", Remark.objects.active(), to_attr="active_remarks"),
        )
        .defer("revision__body")
        .order_by("-number")[:MAX_EARLIER_ROUNDS]
    )
    for one in earlier:
        one.active_remarks = intact_rows(one.active_remarks)
    return earlier


def review_view(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """Show the text with everything that helps to decide on it; take the decision by POST.

    A decision leads to its result page and never to the next review page: a second tap would decide there.
    """
    found = round_or_404(request.user, pk)
    form = DecisionForm(request.POST or None)
    if request.method != "POST":
        return render_review(request, found, form, context)
    if form.is_valid() and _take_decision(request, found, form):
        return HttpResponseRedirect(reverse("admin:workflow_round_outcome", args=[pk]))
    return render_review(request, round_or_404(request.user, pk), form, context, status=400)


def render_review(
    request: HttpRequest,
    round: Round,
    form: DecisionForm,
    context: dict[str, Any],
    *,
    remark_form: RemarkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The review page with a form as it was filled in. `remark_form`: that of a remark, likewise."""
    round.check_text()
    steps, revision = round_progress(round), round.revision
    revision.article = round.article
    earlier = earlier_rounds(round)
    refusal = decision_refusal(request.user, round) if round.state == "open" else _("This round is closed.")
    if request.method == "GET" and not refusal:
        openings.note_opening(round, request.user)
    context = {
        **context,
        "title": revision.title,
        "text_digest": revision.digest,
        "round": round,
        "revision": revision,
        "article": round.article,
        "steps": steps,
        "form": form,
        "opening_token": "" if refusal else openings.issue_token(round, request.user),
        "signs_off": signs_off(round),
        "decision_refusal": refusal,
        "queue_position": queue_position(round, request.user),
        "quick_phrases": [] if refusal else intact_rows(QuickPhrase.objects.all()),
        "findings": run_checks(revision),
        "remarks": remarks.on_round(round),
        "remark_form": remark_form or RemarkForm(),
        "earlier_rounds": earlier,
        "live_publication": round.article.publications.live().select_related("department", "revision").first(),
        "previous_revision": next((one.revision for one in earlier if one.revision_id != revision.pk), None),
    }
    return TemplateResponse(request, "admin/workflow/round/review.html", context, status=status)


def _take_decision(request: HttpRequest, found: Round, form: DecisionForm) -> bool:
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
    except ReasonMissing as error:
        form.add_error("comment", str(error))
        return False
    except BadTime as error:
        form.add_error("at", str(error))
        return False
    except WrongState as error:
        form.add_error(None, str(error))
        return False
    return True


@csp_replace({"frame-ancestors": ["'self'"]})
def revision_preview(request: HttpRequest, article: Article, number: int) -> HttpResponse:
    """A revision in the public look.

    `digest` of the address: that of the text which the page round the frame is about. What it decides on then stands
    in the frame, or nothing does.
    """
    revision = article.revisions.select_related("cover").filter(number=number).first()
    if revision is None:
        raise Http404
    attachments = list(revision.attachments.select_related("file"))
    try:
        content = checked_content(revision, attachments)
        if request.GET.get("digest", "") not in ("", sha256(canonical_json(content))):
            raise StaleText(_("The text has changed since you opened the page. Reload the page."))
    except WrongState as error:
        return refused_text_response(request, error)
    context = {
        "revision": revision,
        "publication": None,
        "department": article.department,
        "downloads": [attached for attached in attachments if attached.kind == "download"],
    }
    response = render(request, "admin/articles/article/preview.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response
