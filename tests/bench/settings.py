"""The product's settings as in production, with the yardstick's tables and passwords that cost nothing.

The databases are put in place by `store`; passwords are measured apart, since argon2 is slow on purpose.
"""

import os

os.environ["GOI_DEBUG"] = "1"
os.environ.setdefault("DATABASE_URL", "sqlite://")

from registry.settings import *  # noqa: F403
from registry.settings import INSTALLED_APPS

DEBUG = False
ALLOWED_HOSTS = ["testserver"]
INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.yardstick"]
ROOT_URLCONF = "tests.bench.urls"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
