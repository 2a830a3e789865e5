"""The demonstration: articles.json holds made-up articles, all labelled 示例, for every column and every state."""
