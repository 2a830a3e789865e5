"""Reads 阅读: counting how often an article is read, in the database or buffered in Redis."""
