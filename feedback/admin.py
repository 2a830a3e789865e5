"""Admin of letters: the list, and the page for answering."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import Publication
from departments import permissions
from departments.exceptions import WrongState
from feedback import letter_actions
from feedback.forms import AnswerForm
from feedback.models import Letter, LetterState, parse_receipt
from ledger import verbs
from ledger.models import Entry

ACTION_LABELS = {
    LetterState.ANSWERED: _("Send the answer"),
    LetterState.IN_HAND: _("Take in hand"),
    LetterState.CLOSED: _("Close without an answer"),
}


@admin.register(Letter)
class LetterAdmin(admin.ModelAdmin):
    """Who sees and answers what: departments.permissions. Nothing is added, edited or deleted here."""

    list_display = ("excerpt", "kind", "state", "about", "created_at")
    list_filter = ("state", "kind", "created_at")
    search_fields = ("text", "name", "contact")
    search_help_text = _("Words of the letter, name, contact, or the receipt")
    list_select_related = ("article__department",)
    show_full_result_count = False
    list_per_page = 30
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        newest = Publication.objects.filter(article=OuterRef("article")).order_by("-number")
        title = Subquery(newest.values("title")[:1])
        return Letter.objects.for_person(request.user).annotate(article_title=title)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Letter], search_term: str
    ) -> tuple[QuerySet[Letter], bool]:
        """A receipt finds its letter, with hyphens or without."""
        if receipt := parse_receipt(search_term):
            return queryset.with_receipt(receipt), False
        return super().get_search_results(request, queryset, search_term)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        if obj is None:
            return request.user.is_active
        return permissions.can_answer_letters(request.user, letter_actions.department_of(obj))

    def has_change_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return False

    @admin.display(description=_("letter"))
    def excerpt(self, letter: Letter) -> str:
        return truncatechars(letter.text, 60)

    @admin.display(description=_("about"))
    def about(self, letter: Letter) -> str:
        if letter.article is None:
            return gettext("the site")
        return f"{truncatechars(letter.article_title or letter.article_id, 40)} ({letter.article.department})"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """One letter, what happened to it, and the form that answers it. BrokenSeal if SQL changed the letter."""
        letters = Letter.objects.select_related("article__department__parent", "article__department__responsible")
        letter = get_object_or_404(letters, pk=int(object_id) if object_id.isdecimal() else 0)
        permissions.check_answer_letters(request.user, letter_actions.department_of(letter))
        letter.check_seal()
        if request.method == "POST":
            return self._handle(request, letter)
        return self._page(request, letter, AnswerForm(letter=letter))

    def _handle(self, request: HttpRequest, letter: Letter) -> HttpResponse:
        to = request.POST.get("to")
        form = AnswerForm(request.POST, letter=letter)
        if not form.is_valid() or to not in ACTION_LABELS:
            return self._page(request, letter, form, 400)
        try:
            letter_actions.change_state(letter, by=request.user, to=LetterState(to), **form.cleaned_data)
        except letter_actions.AnswerMissing as error:
            form.add_error("answer", str(error))
            return self._page(request, letter, form, 400)
        except WrongState as error:
            form.add_error(None, str(error))
            return self._page(request, Letter.objects.get(pk=letter.pk), form, 409)
        messages.success(request, gettext("Done: %(action)s.") % {"action": ACTION_LABELS[LetterState(to)]})
        return HttpResponseRedirect(reverse("admin:feedback_letter_change", args=[letter.pk]))

    def _page(self, request: HttpRequest, letter: Letter, form: AnswerForm, status: int = 200) -> HttpResponse:
        """After a refusal `letter` is what it is now, and the form holds what was typed."""
        entries = Entry.objects.filter(object_type=Letter._meta.label_lower, object_id=str(letter.pk))
        publication = Publication.objects.filter(article=letter.article_id).order_by("-number").first()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": gettext("Letter %(receipt)s") % {"receipt": letter.formatted_receipt},
            "opts": self.opts,
            "letter": letter,
            "article": letter.article,
            "publication": publication if letter.article_id else None,
            "form": form,
            "actions": [(state, ACTION_LABELS[state]) for state in letter.next_states] if status != 409 else [],
            "events": [
                {"time": entry.time, "name": entry.actor_name, "verb_text": verbs.verb_label(entry.verb)}
                for entry in entries.order_by("-number")[:50]
            ],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/feedback/letter/answer.html", context, status=status)
