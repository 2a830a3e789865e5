"""Patrol 巡查: compares what the site serves over HTTP with what was sealed.

`verify` looks at what is stored. Between that and the visitor stand templates, caches, proxies, and whoever has got at
one of them; the footer of a real portal once named a betting company for months.
"""
