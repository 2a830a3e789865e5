"""Admin of articles with their states and actions."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.clickjacking import xframe_options_sameorigin

from articles.admin import ArticleAdmin
from articles.editing.forms import SavedDraft
from articles.models import Article, Revision
from articles.models.frozen_text import TamperedText
from articles.reads import counting
from departments.exceptions import WrongState
from ledger.canonical_json import canonical_json, sha256
from workflow import services
from workflow.actions import preview_links, remarks
from workflow.admin import article_list, history
from workflow.desk import approval_sheet, review
from workflow.desk.action_forms import ACTION_FORMS, ACTIONS_WITH_OWN_PAGE, DANGEROUS_ACTIONS, action_form, perform
from workflow.desk.forms import CopyForm
from workflow.desk.timeline import article_history
from workflow.exceptions import BadTime, ReasonMissing
from workflow.models import ExpungingRequest, PreviewLink
from workflow.rules.authorization import available_actions, check_allowed, decision_refusal
from workflow.rules.revision_text import checked_content
from workflow.rules.states import state_of
from workflow.rules.text_in_hand import revision_in_hand
from workflow.rules.transitions import Action, check_possible
from workflow.rules.visibility import check_see_text


def _newest_revision(article: Article) -> Revision:
    """The text in hand, else the newest wording that was not discarded; of a discarded article, the last there was."""
    return revision_in_hand(article) or article.latest_revision() or article.revisions.order_by("-number").first()


def _seen(action: Action, request: HttpRequest) -> dict[str, str]:
    """What the button of an act on the words of the page sends along: their digest."""
    return {"seen": request.POST.get("seen", "")} if action == Action.SUBMIT else {}


def _digest_of_text(revision: Revision) -> str:
    """Digest of the words as they are read now; "" for a text that was tampered with, on which nobody can act."""
    try:
        return sha256(canonical_json(checked_content(revision)))
    except TamperedText:
        return ""


def _title(revision: Revision) -> str:
    return revision.shown_submitted_title if revision.rounds.exists() else revision.shown_title


@admin.register(Article)
class DeskArticleAdmin(ArticleAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return article_list.change_list_view(self, request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export.csv", view(article_list.export_view), name="articles_article_export"),
            path("<int:pk>/overview/", view(self.overview), name="articles_article_overview"),
            path("<int:pk>/copy/", view(self.copy), name="articles_article_copy"),
            path("<int:pk>/share/", view(self.share), name="articles_article_share"),
            path("<int:pk>/act/<slug:action>/", view(self.perform_action), name="articles_article_act"),
            path("<int:pk>/publications/<int:number>/sheet/", view(self.sheet), name="articles_article_sheet"),
            path(
                "<int:pk>/publications/<int:number>/proof.svg",
                view(self.sheet_qr_code),
                name="articles_article_sheet_code",
            ),
            path("<int:pk>/revisions/<int:number>/", view(self.preview), name="articles_article_preview"),
            *history.urls(self.admin_site),
            *super().get_urls(),
        ]

    def overview_url(self, article: Article) -> str:
        return reverse("admin:articles_article_overview", args=[article.pk])

    def form_context(self, request: HttpRequest, article: Article | None) -> dict[str, Any]:
        if article is None:
            return {}
        returned = article.rounds.filter(state="returned").order_by("number").last()
        state = state_of(article)
        decision = (
            returned.decisions.filter(verdict="return").first() if returned and state.text == "returned" else None
        )
        remarked = remarks.for_draft(article)
        return {
            "state": state,
            "return_decision": decision,
            "open_remarks": [remark for remark in remarked if not remark.resolution],
            "resolved_remarks": [remark for remark in remarked if remark.resolution],
        }

    def after_save(self, request: HttpRequest, saved: SavedDraft) -> HttpResponse:
        """“Save and submit” submits what was just saved; a refusal leaves the saved draft on screen with the reason."""
        if "_submit" not in request.POST:
            return super().after_save(request, saved)
        article = saved.article
        try:
            services.submit(article, by=request.user, seen=saved.digest)
        except WrongState as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
        messages.success(request, gettext("Submitted. You can follow it here."))
        return HttpResponseRedirect(self.overview_url(article))

    def overview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Where an article stands: its state, what can be done, its text and its history."""
        article = self.article_or_404(request, pk)
        return self._overview(request, article)

    def _overview(
        self,
        request: HttpRequest,
        article: Article,
        submitted_action: Action | None = None,
        form: forms.Form | None = None,
    ) -> HttpResponse:
        state = state_of(article)
        open_round = article.rounds.open().select_related("revision").first()
        possible = [
            action for action in available_actions(article, state, request.user) if action not in ACTIONS_WITH_OWN_PAGE
        ]
        revision = _newest_revision(article)
        text_digest, title = _digest_of_text(revision), _title(revision)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "text_digest": text_digest,
            "opts": self.opts,
            "article": article,
            "state": state,
            "round": open_round,
            "steps": review.round_progress(open_round) if open_round else [],
            "decision_refusal": decision_refusal(request.user, open_round) if open_round else "",
            "revision": revision,
            "publication": article.publications.live().select_related("department").first(),
            "publications": article.publications.select_related("round", "emergency", "withdrawal").order_by("-number"),
            "read_count": counting.total(article.pk),
            "reads_by_day": counting.daily_history(article.pk),
            "scheduled": article.publications.scheduled().first(),
            "immediate_actions": [action for action in possible if action not in ACTION_FORMS],
            "action_forms": [
                (
                    action,
                    form
                    if action == submitted_action
                    else action_form(action, article, request.user, shown_digest=text_digest),
                )
                for action in possible
                if action in ACTION_FORMS
            ],
            "submitted_action": submitted_action,
            "copy_form": CopyForm.build_if_allowed(article, request.user),
            "dangerous_actions": DANGEROUS_ACTIONS,
            "events": article_history(article),
            "can_share": revision_in_hand(article) is not None,
            "preview_link_count": PreviewLink.objects.usable().filter(article=article).count(),
            "expunging_request": ExpungingRequest.objects.filter(article=article).first(),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request, "admin/articles/article/overview.html", context, status=400 if submitted_action else 200
        )

    def share(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Makes a preview link, or revokes them all, by POST; the address is shown once.

        Whoever asks for JSON gets {"address", "ends"}, or 409 with {"error"}.
        """
        article = self.article_or_404(request, pk)
        if request.method == "POST" and "revoke" in request.POST:
            revoked = preview_links.revoke_links(article, by=request.user)
            messages.success(request, gettext("Preview links revoked: %(count)d.") % {"count": revoked})
        elif request.method == "POST":
            asks_for_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
            try:
                link, token = preview_links.create_link(article, by=request.user)
            except WrongState as error:
                if asks_for_json:
                    return JsonResponse({"error": str(error)}, status=409)
                messages.error(request, str(error))
            else:
                address = settings.SITE_URL + reverse("shared-preview", args=[token])
                ends = date_format(localtime(link.ends_at), "Y-m-d H:i")
                if asks_for_json:
                    return JsonResponse({"address": address, "ends": ends}, headers={"Cache-Control": "no-store"})
                text = gettext("Preview link, usable until %(ends)s; copy it now, it is not shown again: %(address)s")
                messages.success(request, text % {"ends": ends, "address": address})
        return HttpResponseRedirect(self.overview_url(article))

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new article with the words of this one, by POST."""
        article = self.article_or_404(request, pk)
        form = CopyForm(request.POST or None, article=article, person=request.user)
        if request.method != "POST" or not form.is_valid():
            if form.errors:
                messages.error(request, " ".join(form.errors["department"]))
            return HttpResponseRedirect(self.overview_url(article))
        try:
            made = services.copy_as_new(
                _newest_revision(article), by=request.user, department=form.cleaned_data["department"]
            )
        except WrongState as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self.overview_url(article))
        messages.success(
            request,
            gettext("Copied. This is the new draft; document number, index number and dates are yours to give."),
        )
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[made.pk]))

    def perform_action(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """One of the acts of the table on the article, by POST."""
        article = self.article_or_404(request, pk)
        if request.method != "POST" or action not in Action.values or action in ACTIONS_WITH_OWN_PAGE:
            if request.method == "POST":
                messages.error(request, gettext("This cannot be done here. Choose from what the page offers."))
            return HttpResponseRedirect(self.overview_url(article))
        action = Action(action)
        form = action_form(action, article, request.user, request.POST) if action in ACTION_FORMS else None
        try:
            if form is not None and not form.is_valid():
                # The page shows the form, and so what is wrong in it, only while the action is possible.
                check_allowed(action, request.user, article)
                check_possible(action, state_of(article))
                return self._overview(request, article, action, form)
            perform(action, article, request.user, form.cleaned_data if form else _seen(action, request))
        except (ReasonMissing, BadTime) as error:
            # Each asking form has one field that the refusal can be about, and it stands there.
            form.add_error(next(name for name in ("reason", "at", "until") if name in form.fields), str(error))
            return self._overview(request, article, action, form)
        except WrongState as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self.overview_url(article))
        messages.success(request, gettext("Done: %(action)s.") % {"action": action.label})
        if action in (Action.REVISE, Action.TAKE_BACK, Action.RESUME):
            return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))
        return HttpResponseRedirect(self.overview_url(article))

    def preview(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """A revision as visitors would see it; framed by the desk's own pages only, and never counted as read."""
        article = get_object_or_404(Article.objects.select_related("department"), pk=pk)
        check_see_text(request.user, article)
        return xframe_options_sameorigin(review.revision_preview)(request, article, number)

    def sheet(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """审签单 of a publication that no round led to."""
        article = self.article_or_404(request, pk)
        request.current_app = self.admin_site.name
        return approval_sheet.emergency_sheet(request, article, number, self.admin_site.each_context(request))

    def sheet_qr_code(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        return approval_sheet.emergency_qr_code(self.article_or_404(request, pk), number)
