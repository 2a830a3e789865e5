"""HTML and plain text: the sanitiser, typesetting, addresses in texts, differences between two texts."""
