"""Full-text search: the index of public and unpublished texts, filters, results and snippets."""
