import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry.settings")
application = get_wsgi_application()

from registry import foundations  # noqa: E402 (the settings have to be read first)

foundations.require_guards()
foundations.tell_of_sqlite()
