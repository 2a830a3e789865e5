"""Import of old content: saved pages, Word documents, old addresses."""
