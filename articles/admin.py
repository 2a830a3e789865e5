"""Admin of articles: the list and the draft form. workflow.admin adds the actions."""

from typing import Any

from csp.decorators import csp_update
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminErrorList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext

from articles.editing.editor import EDITOR_CSP
from articles.editing.forms import DraftForm, SavedDraft
from articles.editing.script_texts import script_texts
from articles.editing.suggestions import author_and_source_suggestions
from articles.editing.urls import editing_urls
from articles.files.storage import MAX_FILE_MB
from articles.models import Article, Revision
from departments import permissions


class ArticleAdmin(admin.ModelAdmin):
    """The form of the desk. Nothing of an article's state is a field of it. The list: workflow.admin.article_list."""

    actions = None
    form_template = "admin/articles/article/form.html"

    # Who sees what: departments.permissions, not Django's permissions.

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return Article.objects.visible_to(request.user).not_discarded()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        return obj is None or permissions.can_see(request.user, obj.department)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return permissions.departments_to_draft_in(request.user).exists()

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        return obj is None or permissions.can_draft(request.user, obj.department)

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Articles are discarded, never deleted."""
        return False

    def get_urls(self) -> list[URLPattern]:
        return [*editing_urls(self.admin_site.admin_view), *super().get_urls()]

    # The form.

    @method_decorator(csp_update(EDITOR_CSP))
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        permissions.check_draft_somewhere(request.user)
        return self._edit_draft(request, None, None)

    @method_decorator(csp_update(EDITOR_CSP))
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        article = self.article_or_404(request, object_id)
        draft = article.active_draft()
        # A form that somebody sends after the draft was submitted or discarded is answered with what they typed.
        may_edit = (draft or request.method == "POST") and permissions.can_draft(request.user, article.department)
        if not may_edit:
            return HttpResponseRedirect(self.overview_url(article))
        return self._edit_draft(request, article, draft)

    def article_or_404(self, request: HttpRequest, object_id: str) -> Article:
        """Raises Http404, also for an article of a department that the person has nothing to do with… as NotAllowed."""
        pk = int(object_id) if str(object_id).isdecimal() else 0
        article = get_object_or_404(Article.objects.select_related("department", "in_charge"), pk=pk)
        permissions.check_see(request.user, article.department)
        return article

    def overview_url(self, article: Article) -> str:
        return reverse("admin:articles_article_changelist")

    def _edit_draft(self, request: HttpRequest, article: Article | None, draft: Revision | None) -> HttpResponse:
        """Show the form, or save it. If nothing is saved, what the person typed stays on their screen."""
        form = DraftForm(request.POST or None, instance=draft, person=request.user, article=article)
        saved = form.save() if request.method == "POST" else None
        if saved is None:
            return self._render_form(request, form, article, draft)
        for sentence in saved.lost:
            messages.warning(request, sentence)
        response = self.after_save(request, saved)
        if key := form.cleaned_data["copy_key"]:
            response["Location"] += f"#saved-{key}"  # desk.js deletes the copy in the browser
        return response

    def after_save(self, request: HttpRequest, saved: SavedDraft) -> HttpResponse:
        messages.success(request, gettext("The draft is saved."))
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[saved.article.pk]))

    def _render_form(
        self, request: HttpRequest, form: DraftForm, article: Article | None, draft: Revision | None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Edit article") if article else gettext("Write an article"),
            "opts": self.opts,
            "form": form,
            "errors": AdminErrorList(form, []),
            "media": form.media,
            "script_texts": script_texts(),
            "max_file_mb": MAX_FILE_MB,
            "suggestions": author_and_source_suggestions(request.user),
            "document_department_ids": form.document_department_ids(),
            "article": article,
            "draft": draft,
            "cover": form.instance.cover,
            "newer_revision": form.conflict,
            **self.form_context(request, article),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.form_template, context, status=409 if form.conflict else 200)

    def form_context(self, request: HttpRequest, article: Article | None) -> dict[str, Any]:
        """For subclasses whose form offers more."""
        return {}
