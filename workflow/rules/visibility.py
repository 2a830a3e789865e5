"""Visibility of unpublished texts: who may see which article.

A deputy, or somebody to whom a step was handed, may have no role there.
"""

from django.shortcuts import get_object_or_404

from accounts.models import User
from articles.models import Article
from departments import permissions
from departments.exceptions import NotAllowed
from workflow.models import Round
from workflow.rules.eligible_deciders import rounds_awaiting


def check_see_round(person: User, round: Round) -> None:
    """Raises NotAllowed."""
    try:
        permissions.check_see(person, round.article.department)
    except NotAllowed:
        if not rounds_awaiting(person).filter(pk=round.pk).exists():
            raise


def check_see_text(person: User, article: Article) -> None:
    """Raises NotAllowed."""
    try:
        permissions.check_see(person, article.department)
    except NotAllowed:
        if not rounds_awaiting(person).filter(article=article).exists():
            raise


def round_or_404(person: User, pk: int) -> Round:
    """The round with all that pages show of it. Raises Http404 and NotAllowed."""
    found = get_object_or_404(Round.objects.with_related_rows_and_article(), pk=pk)
    check_see_round(person, found)
    return found
