"""WSGI entry point: `gunicorn portal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402 (settings can be read only now)

from portal.middleware.read_counter import ReadCountMiddleware  # noqa: E402 (it reads settings)

if settings.PAGE_CACHE:
    from portal.page_cache.middleware import PageCacheMiddleware

    application = PageCacheMiddleware(application)

application = ReadCountMiddleware(application)
