"""Articles: drafts, publications, public pages, search and reads."""
