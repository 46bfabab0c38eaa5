"""The portal as gunicorn serves it, with an empty view beside its own addresses. For `tests.bench.admission`."""

import os
import sys
import types

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from governance.urls import urlpatterns  # noqa: E402 - after the settings

own = types.ModuleType("bench_urls")
own.urlpatterns = [path("empty", lambda _request: HttpResponse()), *urlpatterns]
sys.modules[own.__name__] = own
settings.ROOT_URLCONF = own.__name__  # the middleware stays what it is
application = get_wsgi_application()
