"""Articles: what staff write and what the public reads. Drafts, publications, public pages, search and reads."""
