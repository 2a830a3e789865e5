"""The crawl-and-tamper test: every column that a public page reads, changed in the database (scenario 56)."""
