"""The number of rows of a subquery, as a column of another query."""

from django.db.models import IntegerField, Subquery


class RowCount(Subquery):
    """`RowCount(queryset)`: unlike an aggregate it needs no GROUP BY, so that the outer query keeps its columns."""

    output_field = IntegerField()
    template = "(SELECT COUNT(*) FROM (%(subquery)s) _counted)"
