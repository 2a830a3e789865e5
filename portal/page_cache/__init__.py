"""The page cache: a rendered page is served again, without Django, while its versions are current.

`middleware` runs in front of Django (portal.wsgi). `page` is a cached page and its encodings. `stores` keep pages: in
the memory of the process, and in Redis for all processes and machines. `uncacheable` remembers which addresses need no
lock. `build` is the version of everything that renders pages.
"""
