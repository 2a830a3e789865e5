"""Kept pages: a rendered page is served again, without Django, for as long as it is the present one.

`serving` stands in front of Django (portal.wsgi), `page` says what is kept of a page and how it goes to a browser,
`stores` where: in the memory of the process, and in Redis for all processes and nodes.
"""
