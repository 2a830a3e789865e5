"""The site: settings, URLs, page cache, identity, home page, patrol, demonstration."""
