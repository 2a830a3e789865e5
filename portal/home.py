"""The home page: which blocks stand on it, in what order, and what each of them shows."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from articles import listing, renditions
from articles.lasting import lasting
from articles.models import File, Publication
from articles.places import places
from departments.models import Department, Kind
from ledger.alarms import raise_alarm
from portal.context import navigation
from portal.models import BlockKind, HomeBlock

NEWEST = 24  # looked at for the headlines

# What stands there until somebody chooses otherwise: kind and how many.
DEFAULT = [
    (BlockKind.HEADLINES, 6),
    (BlockKind.NOTICES, 7),
    (BlockKind.DEPARTMENTS, 6),
    (BlockKind.MOST_READ, 8),
    (BlockKind.LINKS, 30),
]


@dataclass
class Block:
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
    return [HomeBlock(kind=kind, how_many=count, position=10 * at) for at, (kind, count) in enumerate(DEFAULT, 1)]


def blocks() -> list[Block]:
    """What the home page shows, in order. A block that has nothing to show, or was tampered with, is left out.

    Five queries at most, however many departments there are.
    """
    top = [entry for entry in navigation() if entry.kind != Kind.LINK]
    reachable = {found.pk: found for entry in top for found in (entry, *entry.entries) if found.kind != Kind.LINK}
    placed = [(block, _place(block, top, reachable)) for block in lasting("home blocks", _chosen)]
    own = {place.pk for _block, place in placed if place}
    others = [entry for entry in top if entry.pk not in own]
    wanted: dict[int, int] = {}
    for block, place in placed:
        for one in [place] if place else others if block.kind == BlockKind.DEPARTMENTS else []:
            wanted[one.pk] = max(block.how_many, wanted.get(one.pk, 0))
    newest = listing.newest_of(wanted)
    shown: list[Block] = []
    for block, place in placed:
        match block.kind:
            case BlockKind.HEADLINES:
                shown.append(_headlines(block.how_many, list(reachable)))
            case BlockKind.NOTICES | BlockKind.DEPARTMENT:
                if place:
                    shown.append(Block(block.kind, place, newest[place.pk][: block.how_many]))
            case BlockKind.DEPARTMENTS:
                shown += [Block(BlockKind.DEPARTMENT, one, newest[one.pk][: block.how_many]) for one in others]
            case BlockKind.MOST_READ:
                if found := listing.most_read(block.how_many, list(reachable)):
                    shown.append(Block(block.kind, publications=found))
            case BlockKind.LINKS:
                if links := friendly_links()[: block.how_many]:
                    shown.append(Block(block.kind, links=links))
    return shown


def _chosen() -> list[HomeBlock]:
    """The blocks that are shown and are what was sealed."""
    chosen = list(HomeBlock.objects.all()) or default_blocks()
    return [block for block in chosen if block.is_shown and (block.pk is None or _is_sealed(block))]


def _is_sealed(block: HomeBlock) -> bool:
    if block.seal_holds():
        return True
    raise_alarm(f"home block {block.pk}", gettext_noop("the seal of a block of the home page does not hold; left out"))
    return False


def _place(block: HomeBlock, top: list[Department], reachable: dict[int, Department]) -> Department | None:
    """The department whose articles the block shows; for notices that name none, the column of that name 公告."""
    if block.department_id:
        return reachable.get(block.department_id)
    if block.kind == BlockKind.NOTICES:
        return next((entry for entry in top if "公告" in entry.name), None)
    return None


def _headlines(count: int, departments: list[int]) -> Block:
    """The newest of the whole site; the newest with a cover leads, so that there is a picture where there can be."""
    newest = listing.newest_of_all(departments, NEWEST)
    wanted = {found.cover_digest for found in newest} - {""}
    covers = File.objects.with_renditions().in_bulk(wanted, field_name="digest") if wanted else {}
    lead = next((found for found in newest if found.cover_digest in covers), None)
    if lead:
        newest = [lead, *(found for found in newest if found is not lead)]
    picture = renditions.lightest(covers[lead.cover_digest]) if lead else None
    return Block(BlockKind.HEADLINES, publications=newest[:count], picture=picture)


def friendly_links() -> list[Department]:
    """友情链接: every outside link whose seal holds, those outside the navigation too."""
    return places().links()
