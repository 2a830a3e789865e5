"""Blocks of the home page: which, in what order, with which rows."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from articles.caching.departments import department_tree
from articles.caching.memo import memoize_by_version
from articles.files import renditions, storage
from articles.listings import queries
from articles.models import File, Publication
from departments.models import Department, DepartmentKind
from ledger.monitoring.alarms import raise_alarm
from portal.models import BlockKind, HomeBlock
from portal.site_context import navigation

HEADLINE_CANDIDATES = 24  # looked at for the headlines

# What stands there until somebody chooses otherwise: kind and how many.
DEFAULT_BLOCKS = [
    (BlockKind.HEADLINES, 6),
    (BlockKind.NOTICES, 7),
    (BlockKind.DEPARTMENTS, 6),
    (BlockKind.MOST_READ, 8),
    (BlockKind.LINKS, 30),
]


@dataclass
class RenderedBlock:
    """One block as it is shown. `picture`: the cover of the first publication, in its lightest form."""

    kind: str
    department: Department | None = None
    publications: list[Publication] = field(default_factory=list)
    links: list[Department] = field(default_factory=list)
    picture: File | None = None

    @property
    def template(self) -> str:
        # Notices differ by their look only.
        kind = BlockKind.DEPARTMENT if self.kind == BlockKind.NOTICES else self.kind
        return f"portal/_block_{kind}.html"


def default_blocks() -> list[HomeBlock]:
    """The default set, not saved."""
    return [
        HomeBlock(kind=kind, how_many=count, position=10 * at) for at, (kind, count) in enumerate(DEFAULT_BLOCKS, 1)
    ]


def home_page_blocks() -> list[RenderedBlock]:
    """What the home page shows, in order. A block that has nothing to show, or was tampered with, is left out.

    Five queries at most, however many departments there are.
    """
    top = [entry for entry in navigation() if entry.kind != DepartmentKind.LINK]
    reachable = {
        found.pk: found
        for entry in top
        for found in (entry, *entry.visible_children)
        if found.kind != DepartmentKind.LINK
    }
    blocks_with_departments = [
        (block, _block_department(block, top, reachable))
        for block in memoize_by_version("home blocks", _configured_blocks)
    ]
    own = {place.pk for _block, place in blocks_with_departments if place}
    others = [entry for entry in top if entry.pk not in own]
    needed_counts: dict[int, int] = {}
    for block, place in blocks_with_departments:
        for one in [place] if place else others if block.kind == BlockKind.DEPARTMENTS else []:
            needed_counts[one.pk] = max(block.how_many, needed_counts.get(one.pk, 0))
    newest = queries.newest_by_department(needed_counts)
    shown: list[RenderedBlock] = []
    for block, place in blocks_with_departments:
        match block.kind:
            case BlockKind.HEADLINES:
                shown.append(_headlines_block(block.how_many, list(reachable)))
            case BlockKind.NOTICES | BlockKind.DEPARTMENT:
                if place:
                    shown.append(RenderedBlock(block.kind, place, newest[place.pk][: block.how_many]))
            case BlockKind.DEPARTMENTS:
                shown += [RenderedBlock(BlockKind.DEPARTMENT, one, newest[one.pk][: block.how_many]) for one in others]
            case BlockKind.MOST_READ:
                if found := queries.most_read_publications(block.how_many, list(reachable)):
                    shown.append(RenderedBlock(block.kind, publications=found))
            case BlockKind.LINKS:
                if links := friendly_links()[: block.how_many]:
                    shown.append(RenderedBlock(block.kind, links=links))
    return shown


def _configured_blocks() -> list[HomeBlock]:
    """The blocks that are shown and are what was sealed."""
    chosen = list(HomeBlock.objects.all()) or default_blocks()
    return [block for block in chosen if block.is_shown and (block.pk is None or _seal_holds_or_alarm(block))]


def _seal_holds_or_alarm(block: HomeBlock) -> bool:
    if block.seal_holds():
        return True
    raise_alarm(f"home block {block.pk}", gettext_noop("the seal of a block of the home page does not hold; left out"))
    return False


def _block_department(block: HomeBlock, top: list[Department], reachable: dict[int, Department]) -> Department | None:
    """The department whose articles the block shows; for notices that name none, the column of that name 公告."""
    if block.department_id:
        return reachable.get(block.department_id)
    if block.kind == BlockKind.NOTICES:
        return next((entry for entry in top if "公告" in entry.name), None)
    return None


def _headlines_block(count: int, departments: list[int]) -> RenderedBlock:
    """The newest of the whole site; the newest with a cover leads, so that there is a picture where there can be."""
    newest = queries.newest_across_departments(departments, HEADLINE_CANDIDATES)
    wanted = {found.cover_digest for found in newest} - {""}
    found = File.objects.with_renditions().filter(digest__in=wanted) if wanted else []
    covers = {cover.digest: cover for cover in found if storage.has_intact_seal(cover)}
    lead = next((one for one in newest if one.cover_digest in covers), None)
    if lead:
        newest = [lead, *(one for one in newest if one is not lead)]
    picture = renditions.smallest_file(covers[lead.cover_digest]) if lead else None
    return RenderedBlock(BlockKind.HEADLINES, publications=newest[:count], picture=picture)


def friendly_links() -> list[Department]:
    """友情链接: every outside link whose seal holds, those outside the navigation too."""
    return department_tree().outside_links()
