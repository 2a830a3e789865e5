"""Views of the public pages: departments, articles, proof, search, files, read counts."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from articles.caching import versions
from articles.caching.departments import department_tree
from articles.files import access, storage
from articles.listings import pages, queries
from articles.listings.related import related_publications
from articles.models import Attachment, File, Publication, Withdrawal
from articles.public import proof as proving
from articles.public.article_query import LiveArticle, find_live_article
from articles.public.body_html import pictures_by_digest
from articles.public.languages import with_language
from articles.reads import counting
from articles.search import results
from articles.search.filters import ListingFilter, SearchFilter
from departments.models import Department, DepartmentKind, FormerSlug
from ledger.monitoring.alarms import raise_alarm


def _sealed_department(slug: str) -> Department:
    """The department at the address, or that once had it. Raises Http404, also when its seal does not hold."""
    found = department_tree()
    department = found.by_slug.get(slug)
    if department is None:
        former = get_object_or_404(FormerSlug, slug=slug)
        if not former.seal_holds():
            said = gettext_noop("%(slug)s: the seal of this former address does not hold; it leads nowhere")
            raise_alarm(f"former address {former.pk}", said, slug=slug)
            raise Http404
        department = found.by_pk.get(former.department_id)
    if department is None or department.kind == DepartmentKind.LINK:
        raise Http404
    if not department.seal_holds():
        raise_alarm(
            f"department {department.pk}", gettext_noop("%(slug)s: its seal does not hold; not shown"), slug=slug
        )
        raise Http404
    return department


@require_safe
def department_page(request: HttpRequest, slug: str) -> HttpResponse:
    here = _sealed_department(slug)
    if here.slug != slug:
        return HttpResponsePermanentRedirect(with_language(here.get_absolute_url()))
    # Made only where it is needed: for most visitors the form stands there as it did for the one before.
    listing_filter = SimpleLazyObject(lambda: ListingFilter(request.GET, here))
    has_filter_input = ListingFilter.is_filled_in(request.GET)
    is_filtered, number = has_filter_input and listing_filter.active_filters(), request.GET.get("page", "1")
    try:
        page = listing_filter.get_page(number) if is_filtered else pages.get_listing_page(here, number)
    except (PageNotAnInteger, EmptyPage) as error:
        raise Http404(_("There is no such page.")) from error
    publications = queries.intact_publications(page)
    if is_filtered:
        publications = [found for found in publications if listing_filter.admits(found)]
    context = {
        "department": here,
        "page": page,
        "listing_filter": listing_filter,
        "has_filter_input": has_filter_input,
        "is_filtered": is_filtered,
        "pinned": queries.intact_publications(page.pinned),
        "publications": publications,
        "children": department_tree().children(here),
    }
    return versions.declare_scopes(render(request, "articles/department.html", context), here.pk)


def get_live_article_or_response(
    request: HttpRequest, slug: str, pk: int, name: str = "article"
) -> LiveArticle | HttpResponse:
    """The live publication of the article, exactly as it was sealed, or the answer to give instead.

    That is 404, 410 or 503, or a redirect to the page called `name` under the department's present address.
    """
    found = find_live_article(pk)
    if found is None:
        return _gone_response(request, pk)
    publication = found.publication
    # First of all: a redirect shows a slug too.
    if not queries.has_intact_seal(publication):
        return _broken_seal_response(request)
    if publication.department.slug != slug:
        return HttpResponsePermanentRedirect(reverse(name, args=[publication.department.slug, pk]))
    if not (queries.matches_sealed_digest(*found) and _has_intact_files(*found)):
        return _broken_seal_response(request)
    return found


def _broken_seal_response(request: HttpRequest) -> HttpResponse:
    return render(request, "503.html", {"is_seal_broken": True}, status=503)


def _has_intact_files(publication: Publication, attachments: list[Attachment]) -> bool:
    """Whether type and size of every file of the article, and of its cover, are what was sealed."""
    files = [attached.file for attached in attachments]
    if publication.revision.cover:
        files.append(publication.revision.cover)
    return all(storage.has_intact_seal(file) for file in files)


@require_safe
def article_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    found = get_live_article_or_response(request, slug, pk)
    if isinstance(found, HttpResponse):
        return found
    publication = found.publication
    older, newer = queries.neighbours(publication)
    context = {
        "publication": publication,
        "revision": publication.revision,
        "department": publication.department,
        "downloads": [attachment for attachment in found.attachments if attachment.kind == "download"],
        "pictures": pictures_by_digest(found.attachments),
        "older": older,
        "newer": newer,
        "related": related_publications(publication),
        "replaced_publication": publication.replaced_publication(),
        "read_count": counting.total(pk, publication.stored_reads or 0),
    }
    return versions.declare_scopes(render(request, "articles/article.html", context), publication.department_id)


@require_safe
def article_qr_code(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A QR code that opens the article on a phone."""
    found = get_live_article_or_response(request, slug, pk, "article-code")
    if isinstance(found, HttpResponse):
        return found
    return _qr_response(settings.SITE_URL + found.publication.get_absolute_url())


@require_safe
def proof_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """核验: what proves that the article is what was signed off, in words."""
    found = get_live_article_or_response(request, slug, pk, "proof")
    if isinstance(found, HttpResponse):
        return found
    publication = found.publication
    context = {
        "proof": proving.build_proof(*found),
        "publication": publication,
        "department": publication.department,
        "seal_holds": publication.seal_holds(),
        "site_url": settings.SITE_URL,
    }
    return render(request, "articles/proof.html", context)


@require_safe
def proof_json(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The same for a program."""
    found = get_live_article_or_response(request, slug, pk, "proof-json")
    if isinstance(found, HttpResponse):
        return found
    facts = proving.build_proof(*found).as_json()
    return JsonResponse(facts, json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def proof_qr_code(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A QR code that opens the page of the proof."""
    found = get_live_article_or_response(request, slug, pk, "proof-code")
    if isinstance(found, HttpResponse):
        return found
    return proof_qr_response(found.publication)


def proof_qr_response(publication: Publication) -> HttpResponse:
    """The QR code to the proof of a publication."""
    return _qr_response(proving.proof_url(publication))


def _qr_response(address: str) -> HttpResponse:
    """A QR code as a file of its own that can do nothing."""
    response = HttpResponse(proving.qr_code_svg(address), content_type="image/svg+xml")
    response["Content-Security-Policy"] = "default-src 'none'"
    return response


def _gone_response(request: HttpRequest, pk: int) -> HttpResponse:
    """410 with the notice for what was withdrawn, 410 for what has run out, 404 for what was never there."""
    last = (
        Publication.objects.not_called_off()
        .filter(article=pk, live_from__lte=timezone.now())
        .order_by("-live_from")
        .first()
    )
    if last is None:
        raise Http404
    withdrawal = Withdrawal.objects.select_related("publication").filter(publication=last).first()
    if withdrawal and not withdrawal.seal_holds():
        said = gettext_noop("article %(article)d: the seal of its notice does not hold; not shown")
        raise_alarm(f"withdrawal {withdrawal.pk}", said, article=pk)
        withdrawal = None
    department = department_tree().holding_articles().get(last.department_id) if last.seal_holds() else None
    return render(request, "410.html", {"withdrawal": withdrawal, "department": department}, status=410)


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Words and filters; answered within bounded time, or with the advice to ask for less."""
    try:
        answer = results.run_search(request.GET)
    except (PageNotAnInteger, EmptyPage) as error:
        raise Http404(_("There is no such page.")) from error
    context = vars(answer) | {
        "has_filter_input": SearchFilter.is_filled_in(request.GET),
        "is_query_truncated": answer.is_query_truncated,
        "all_scopes": versions.ALL_SCOPES,
    }
    page = render(request, "articles/search.html", context)
    return versions.declare_scopes(page, versions.ALL_SCOPES)


@csrf_exempt  # visitors hold no token; the origin is checked instead, and a read changes nothing else
@require_POST
def read_counter(request: HttpRequest, pk: int) -> HttpResponse:
    """Counts a read of a live article and answers {"read_count": total}."""
    if not _is_same_origin(request):
        return JsonResponse({"error": "origin"}, status=403)
    total = counting.count_read(pk, request)
    if total is None:
        raise Http404
    return JsonResponse({"reads": total})


def _is_same_origin(request: HttpRequest) -> bool:
    """Whether one of our pages sent this: Sec-Fetch-Site where the browser says it, else Origin or Referer."""
    if site := request.META.get("HTTP_SEC_FETCH_SITE"):
        return site == "same-origin"
    source = request.META.get("HTTP_ORIGIN") or request.META.get("HTTP_REFERER", "")
    try:
        host = urlsplit(source).netloc
    except ValueError:  # such as "http://["
        return False
    return host in {request.get_host(), urlsplit(settings.SITE_URL).netloc}


@require_safe
def serve_file(request: HttpRequest, digest: str, extension: str) -> HttpResponse:
    """A file: for visitors while a live publication uses it, for staff who may see an article that does."""
    found = get_object_or_404(File, digest=digest, extension=extension)
    public = access.is_public(found)
    if not public and not access.may_download(request.user, found):
        raise Http404
    return file_response(request, found, public=public)


def file_response(request: HttpRequest, found: File, *, public: bool) -> HttpResponse:
    """The content of a file for somebody who may have it; where it is not `public`, nothing on the way keeps it."""
    if not storage.has_intact_seal(found):
        return _broken_seal_response(request)
    etag = f'"{found.digest}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = _content_response(found)
        if response is None:
            said = gettext_noop("its content is gone or is not what was sealed; not served")
            raise_alarm(f"file {found.digest[:12]}", said)
            return _broken_seal_response(request)
        if not found.media_type.startswith("image/"):
            response["Content-Disposition"] = "attachment"
    response["ETag"] = etag
    response["Cache-Control"] = "public, no-cache" if public else "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _content_response(found: File) -> HttpResponse | None:
    """The checked content, or word to nginx to send it (X_ACCEL_REDIRECT); None when it is not what was sealed."""
    if settings.X_ACCEL_REDIRECT:
        if not storage.is_file_intact(found):
            return None
        response = HttpResponse(content_type=found.media_type)
        response["X-Accel-Redirect"] = f"{settings.X_ACCEL_REDIRECT}/{found.path}"
        return response
    data = storage.read_verified(found)
    return None if data is None else HttpResponse(data, content_type=found.media_type)
