"""The crawl-and-tamper test: SQL changes every column that a public page reads (scenario 56)."""
