"""The page cache: a WSGI middleware in front of Django.

`middleware` stands in front of Django (portal.wsgi); `page` is one cached page with its encodings and headers; `stores`
holds pages in the memory of the process and in Redis, for all processes and nodes.
"""
