"""Middleware: trusted proxies, refused headers, the security policy, read counts, a stopped ledger."""
