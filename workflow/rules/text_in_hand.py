"""The text in hand: what is being written or reviewed of an article."""

from articles.models import Article, Revision
from workflow.models import Round


def text_in_hand(article: Article) -> tuple[Revision | None, Round | None]:
    """The revision under review and its open round; otherwise the active draft, if there is one, and None."""
    open_round = article.rounds.open().select_related("revision__cover").first()
    return (open_round.revision, open_round) if open_round else (article.active_draft(), None)


def revision_in_hand(article: Article) -> Revision | None:
    """The revision under review, or the active draft, or None."""
    return text_in_hand(article)[0]
