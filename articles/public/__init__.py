"""Public pages: listings, articles, files, feeds, sitemaps, metadata and proofs."""
