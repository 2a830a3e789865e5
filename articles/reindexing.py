"""Feeding the public index anew."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from articles import buckets, search
from articles.models import Publication

TOGETHER = 50  # publications a transaction


def reindex() -> int:
    """Feeds the index anew with what is public or will be, and takes out the rest; returns how many publications stand.

    Spreads the buckets evenly first; what stands in the old ones is found there until its turn has come. A few
    publications a transaction, whose rows are locked so that acts upon them and a second `reindex` wait: the site
    goes on, and a run that was broken off is simply begun again.
    """
    buckets.spread(_wanted(Publication.objects.all()))
    last, count = 0, 0
    while True:
        with transaction.atomic():
            found = Publication.objects.filter(pk__gt=last).order_by("pk").select_for_update()
            together = list(found.only("pk")[:TOGETHER])
            if not together:
                break
            search.remove(*together)
            count += _put_all(Publication.objects.filter(pk__in=[one.pk for one in together]))
        last = together[-1].pk
    buckets.drop_old()
    return count


def _wanted(publications: QuerySet[Publication]) -> QuerySet[Publication]:
    """Those that are not over."""
    ahead = Q(live_until=None) | Q(live_until__gt=timezone.now())
    return publications.effective().filter(ahead, withdrawal=None)


def _put_all(publications: QuerySet[Publication]) -> int:
    wanted = list(_wanted(publications).select_related("revision"))
    search.put_many(wanted)
    return len(wanted)
