"""Rebuilding the public search index."""

from django.db import transaction
from django.db.models import QuerySet

from articles.models import Publication
from articles.search import index, partitions

MAX_BATCH_PUBLICATIONS = 50  # publications a transaction


def rebuild_public_index() -> int:
    """Feeds the index anew with what is public or will be, and takes out the rest; returns how many publications stand.

    Spreads the partitions evenly first; what stands in the old ones is found there until its turn has come. A few
    publications a transaction, whose rows are locked so that acts upon them and a second `rebuild_public_index` wait:
    the site goes on, and a run that was broken off is simply begun again.
    """
    partitions.rebalance(Publication.objects.live_or_scheduled())
    last, count = 0, 0
    while True:
        with transaction.atomic():
            found = Publication.objects.filter(pk__gt=last).order_by("pk").select_for_update()
            together = list(found.only("pk")[:MAX_BATCH_PUBLICATIONS])
            if not together:
                break
            index.unindex_publications(*together)
            count += _index_batch(Publication.objects.filter(pk__in=[one.pk for one in together]))
        last = together[-1].pk
    partitions.delete_old_layouts()
    return count


def _index_batch(publications: QuerySet[Publication]) -> int:
    wanted = list(publications.live_or_scheduled().select_related("revision"))
    index.index_publications(wanted)
    return len(wanted)
