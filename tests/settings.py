"""The product's own settings, in debug mode, with passwords that cost nothing and mail that stays here."""

import os
import tempfile

os.environ.setdefault("GOI_DEBUG", "1")
if "GOI_DATA" not in os.environ:
    os.environ["GOI_DATA"] = tempfile.mkdtemp(prefix="goi-tests-")

from registry.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
