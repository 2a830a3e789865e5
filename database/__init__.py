"""Database tools that know nothing of the domain: compiled queries, JSON subqueries, datetimes, time limits."""
