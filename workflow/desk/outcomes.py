"""The result page after a decision."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from workflow.desk.queue import next_round, queue_position
from workflow.desk.review import round_progress
from workflow.models import Decision, Round, RoundState, Verdict


def outcome(request: HttpRequest, pk: int, context: dict[str, Any]) -> HttpResponse:
    """Show the person's own decision in the round. Raises Http404 for people who did not decide in it.

    A deputy has no role in the department, so this page asks for the decision and not for a role.
    """
    decision = get_object_or_404(Decision, round=pk, person=request.user)
    found = Round.objects.with_related_rows_and_article().select_related("publication").get(pk=pk)
    live = found.article.publications.live().select_related("department").first()
    context = {
        **context,
        "title": _headline(found, decision),
        "round": found,
        "decision": decision,
        "steps": round_progress(found),
        "live_publication": live,
        "is_this_live": live is not None and live.revision_id == found.revision_id,
        "next_round": next_round(found, request.user),
        "other_count": queue_position(found, request.user).other_count,
    }
    return TemplateResponse(request, "admin/workflow/round/outcome.html", context)


def _headline(found: Round, decision: Decision) -> str:
    title = {"title": found.shown_title}
    if decision.verdict == Verdict.RETURN:
        return _("“%(title)s” was returned to its authors.") % title
    if found.state == RoundState.OPEN:
        if found.current_step().pk == decision.step_id:
            return _("“%(title)s” is approved; more people must approve this step.") % title
        return _("“%(title)s” is approved and goes to the next step.") % title
    if found.publication is None:
        return _("You approved “%(title)s”. Since then: %(state)s.") % {**title, "state": found.get_state_display()}
    return _published(found, title)


def _published(found: Round, title: dict[str, str]) -> str:
    publication, now = found.publication, timezone.now()
    if publication.live_from > now:
        when = timezone.localtime(publication.live_from).strftime("%Y-%m-%d %H:%M")
        return _("“%(title)s” is signed off and appears at %(when)s.") % {**title, "when": when}
    if publication.live_until and publication.live_until <= now:
        return _("“%(title)s” was signed off; this publication has ended.") % title
    return _("“%(title)s” is signed off and public now.") % title
