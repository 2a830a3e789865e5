"""WSGI entry point: `gunicorn portal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402 (settings can be read only now)

from portal.reading import CountedReads  # noqa: E402 (it reads settings)

if settings.PAGE_CACHE:
    from portal.pages.serving import KeptPages

    application = KeptPages(application)

application = CountedReads(application)
