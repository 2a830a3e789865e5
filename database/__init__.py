"""Database tools without domain knowledge: compiled queries, JSON subqueries, datetimes, limits."""
