"""Expected content of public pages, computed from sealed data that the ledger vouches for."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from articles.dates import local
from articles.models import Publication
from articles.public import external_links
from articles.public.body_html import pictures_by_digest, render_body
from articles.public.metadata import ArticleMetadata
from departments.models import Department, DepartmentKind
from departments.verification import verify_departments
from portal import identity
from portal.home.block_settings import verify_home_blocks
from portal.home.blocks import friendly_links
from portal.models import Identity
from portal.patrol.parser import HTMLToken, Link, one_line, parse_page, tokenize_html
from portal.patrol.recorded import RecordedRows
from portal.site_context import navigation

ICP_RECORD_URL = "https://beian.miit.gov.cn/"  # where the ICP number leads

LinkPair = tuple[str, str]


@dataclass(frozen=True)
class ExpectedFrame:
    """What stands round every page: name of the site, menu and footer, and the outside addresses in them."""

    name: str
    menu: list[LinkPair]
    footer: str
    external_urls: frozenset[str]


def expected_frame() -> ExpectedFrame:
    site = identity.current_identity()
    menu = [("/", pgettext("public site", "Home"))]
    allowed = site.trusted_host_names
    outside = set()
    for entry in navigation():
        for found in (entry, *entry.visible_children):
            leads = external_links.public_href(found.get_absolute_url(), allowed)
            menu.append((leads, one_line(found.name)))
            if found.kind == DepartmentKind.LINK:
                outside.add(leads)
    outside |= {external_links.public_href(link.url, allowed) for link in friendly_links()}
    if site.icp_number:
        outside.add(ICP_RECORD_URL)
    if site.police_number:
        outside.add(site.police_record_url)
    if site.error_report_url:
        outside.add(site.error_report_url)
    if site.email:
        outside.add(f"mailto:{site.email}")
    return ExpectedFrame(site.name or _("Qianfa"), menu, footer_text(site), frozenset(outside))


def site_mismatches() -> Iterator[str]:
    """What every page leaves out because it is not what was sealed: the footer, entries of the menu.

    And where footer, menu or home page are sealed, but not as the ledger says that they were last.
    """
    newest = Identity.objects.order_by("-pk").first()
    if newest and not newest.seal_holds():
        yield "the identity of the site is not what was sealed; an older footer or none is shown"
    for department in Department.objects.visible():
        if not department.seal_holds():
            yield f"department {department.pk} is not what was sealed; it is left out of the menu"
    yield from identity.verify_identity_versions()
    yield from verify_departments()
    yield from verify_home_blocks()


def footer_text(site: Identity) -> str:
    """The words of the footer on one line, in the order of the page."""
    parts = [
        site.organiser and _("Organiser: %(name)s") % {"name": site.organiser},
        site.undertaker and _("Undertaken by: %(name)s") % {"name": site.undertaker},
        site.address and _("Address: %(address)s") % {"address": site.address},
        site.email and text_of_html(_('E-mail: <a href="mailto:%(email)s">%(email)s</a>'), email=site.email),
        site.phone and _("Phone: %(phone)s") % {"phone": site.phone},
        site.icp_number,
        site.police_number,
        site.site_code and _("Site code: %(code)s") % {"code": site.site_code},
        site.copyright_holder and _("All rights reserved: %(name)s") % {"name": site.copyright_holder},
        site.technical_support and _("Technical support: %(name)s") % {"name": site.technical_support},
        _("Report an error"),
        _("Feed"),
        _("Staff sign-in"),
    ]
    return one_line(" ".join(part for part in parts if part))


def text_of_html(html: str, **values: str) -> str:
    """The words of a message that holds tags, with values put in."""
    return "".join(event[1] for event in tokenize_html(html) if event[0] == "text") % values


@dataclass(frozen=True)
class ExpectedArticle:
    """What the page of a live publication must show. `is_intact`: else it must answer 503."""

    path: str
    is_intact: bool
    title: str
    heading: str
    date: str
    breadcrumbs: list[LinkPair]
    body_tokens: list[HTMLToken] | None
    downloads: list[str]
    external_urls: frozenset[str]
    json_ld: list[str]


def expected_article(publication: Publication) -> ExpectedArticle:
    """`publication` with its revision, cover, department and parent."""
    revision, department = publication.revision, publication.department
    attachments = list(revision.attachments.with_files())
    sealed = [found for found in (department.parent, department) if found and found.seal_holds()]
    site = identity.current_identity()
    shown = external_links.with_interstitials(
        render_body(revision.body, pictures_by_digest(attachments)), site.trusted_host_names
    )
    body = parse_page(shown)
    names = [one_line(publication.title), *([department.name] if department.seal_holds() else [])]
    outside = {address for _tag, address in body.references}
    return ExpectedArticle(
        path=publication.get_absolute_url(),
        is_intact=publication.seal_holds()
        and department.seal_holds()
        and all(found.file.seal_holds() for found in attachments)
        and revision.compute_digest(publication.columns, attachments) == publication.digest,
        title=" - ".join(names),
        heading=one_line(publication.title),
        date=local(publication.dated).strftime("%Y-%m-%d"),
        breadcrumbs=[
            ("/", pgettext("public site", "Home")),
            *((found.get_absolute_url(), found.name) for found in sealed),
        ],
        body_tokens=None if publication.address else tokenize_html(shown),
        downloads=[found.file.get_absolute_url() for found in attachments if found.kind == "download"],
        external_urls=frozenset(
            outside | ({external_links.public_href(publication.address, site.trusted_host_names)} - {""})
        ),
        json_ld=[ArticleMetadata(publication, site).json_ld()],
    )


def is_sealed_row(link: Link, path: str, rows_of_ledger: RecordedRows) -> bool:
    """Whether a row of a listing leads to a live publication as the ledger has it, under the title that was sealed.

    `path`: the address of the link on this site, empty when it leads outside, unasked or by the notice.
    """
    rows = Publication.objects.live().select_related("department")
    if path == reverse("leave"):
        rows, path = rows.filter(address__in=_notice_targets(link.address)), ""
    elif path:
        pk = path.strip("/").rpartition("/")[2]
        rows = rows.filter(article=int(pk)) if pk.isdecimal() else rows.none()
    else:
        rows = rows.filter(address=link.address)
    return any(
        one_line(found.title) == link.text
        and (not path or (found.get_absolute_url() == path and not found.address))
        and rows_of_ledger.has(found)
        for found in rows
    )


def _notice_targets(address: str) -> list[str]:
    """The addresses, as they may be stored, that a link to the notice leads to."""
    target = external_links.read_token(parse_qs(urlsplit(address).query).get("to", [""])[0])
    return [target.address] if target else []


def is_sealed_address(address: str, rows_of_ledger: RecordedRows) -> bool:
    """Whether a live publication, as the ledger has it, is a mere link to this outside address."""
    return any(rows_of_ledger.has(found) for found in Publication.objects.live().filter(address=address))


def static_file_content(path: str) -> bytes | None:
    """Our own file at a static address; None when it is none of ours."""
    if not path.startswith(settings.STATIC_URL):
        return None
    name = path.removeprefix(settings.STATIC_URL)
    collected = (settings.STATIC_ROOT / name).resolve()
    if collected.is_relative_to(settings.STATIC_ROOT.resolve()) and collected.is_file():
        return collected.read_bytes()
    found = finders.find(name)
    if not found:
        return None
    with open(found, "rb") as file:  # noqa: PTH123 (a path as text is what the finder gives)
        return file.read()


def listed_departments() -> list[Department]:
    """Those with a page of their own that visitors are led to."""
    return [found for found in Department.objects.visible().holding_articles() if found.seal_holds()]
