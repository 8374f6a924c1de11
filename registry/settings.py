"""Settings, driven by the environment; the README lists every variable in one table.

Production is the default. `GOI_DEMO=1` opens the demo (one-click sign-in, example registry) and is
refused unless `GOI_DEBUG=1`; `manage.py quickstart` sets both for itself.
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from registry import sqlite

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str) -> bool:
    return os.environ.get(name, "") == "1"


def listed(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


DEVELOPING = flag("GOI_DEBUG")
DEMO = flag("GOI_DEMO")
PUBLIC = flag("GOI_PUBLIC")
# The demo shows our own refusals, not the ones made for developers.
DEBUG = DEVELOPING and not DEMO
if DEMO and not DEVELOPING:
    raise ImproperlyConfigured(
        "GOI_DEMO=1 lets anyone sign in as anyone, so production settings refuse it. Unset GOI_DEMO."
    )

SECRET_KEY = os.environ.get("GOI_SECRET_KEY") or ("goi-development-only" if DEVELOPING else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set GOI_SECRET_KEY to a long random text (or GOI_DEBUG=1 while developing).")
ALLOWED_HOSTS = listed("GOI_ALLOWED_HOSTS") or (["127.0.0.1", "localhost", "testserver"] if DEVELOPING else [])
CSRF_TRUSTED_ORIGINS = listed("GOI_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "registry.admin_site.GoiAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "django_htmx",
    "registry.apps.RegistryConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "registry.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "registry.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "registry.middleware.RefusalMiddleware",
    "registry.middleware.ReadingMiddleware",
]

ROOT_URLCONF = "registry.urls"
WSGI_APPLICATION = "registry.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registry.context.frame",
            ],
            "builtins": ["registry.templatetags.goi"],
        },
    }
]


def database(url: str) -> dict[str, object]:
    """The Django database entry for `postgres://user:password@host:port/name?option=value` or `sqlite:///path`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) or ":memory:",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": f"{sqlite.journal()}PRAGMA recursive_triggers=ON;",
            },
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with {parts.scheme!r}; use postgres://user:password@host/name or sqlite:///path."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


DATA_DIR = Path(os.environ.get("GOI_DATA", BASE_DIR / "data"))
if "DATABASE_URL" not in os.environ:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'goi.sqlite3'}")}
# Datasets: copies are kept in DATASETS, folders to take in lie below IMPORTS, and databases are called by name
# (`crm=postgres://…`, separated by spaces), so that no address with a password is ever stored or shown.
DATASETS = DATA_DIR / "datasets"
IMPORTS = Path(os.environ.get("GOI_IMPORTS", DATA_DIR / "imports"))
DATASET_SECRETS = dict(part.split("=", 1) for part in os.environ.get("GOI_DATASETS", "").split() if "=" in part)
UPLOAD_MEGABYTES = int(os.environ.get("GOI_UPLOAD_MEGABYTES", "100"))
FILE_UPLOAD_HANDLERS = ["registry.uploads.BoundedUpload"]
# A mapping asks for every value it has seen, and a draft may hold thirty metrics with thirty examples each and a
# builder of fifty rules.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

AUTH_USER_MODEL = "registry.User"
AUTHENTICATION_BACKENDS = ["registry.accounts.Accounts"]
CSRF_FAILURE_VIEW = "registry.views.refusal.csrf_failure"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "glossary"
LOGOUT_REDIRECT_URL = "sign_in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = os.environ.get("GOI_LANGUAGE", "ja")
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "registry" / "locale"]
LANGUAGE_COOKIE_NAME = "goi_language"
TIME_ZONE = os.environ.get("GOI_TIME_ZONE", "Asia/Tokyo")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static_root"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEVELOPING
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

MAIL_HOST = os.environ.get("GOI_EMAIL_HOST", "" if DEVELOPING else "localhost")
MAILERS = {
    "default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": MAIL_HOST}}
    if MAIL_HOST
    else {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
}
DEFAULT_FROM_EMAIL = os.environ.get("GOI_EMAIL_FROM", "goi@localhost")

# Where people open Goi, such as https://goi.example.com: mails are written without a request to learn it from.
BASE_URL = os.environ.get("GOI_BASE_URL", "").rstrip("/")

# A proposal on which nobody acted for EXPIRY_DAYS expires; its people are reminded REMINDER_DAYS before.
EXPIRY_DAYS = int(os.environ.get("GOI_EXPIRY_DAYS", "60"))
REMINDER_DAYS = int(os.environ.get("GOI_REMINDER_DAYS", "14"))

# A signed checkpoint of the ledger is written after this many events or minutes, whichever comes first.
CHECKPOINT_EVENTS = int(os.environ.get("GOI_CHECKPOINT_EVENTS", "100"))
CHECKPOINT_MINUTES = int(os.environ.get("GOI_CHECKPOINT_MINUTES", "60"))
CHECKPOINTS = Path(os.environ.get("GOI_CHECKPOINTS", DATA_DIR / "checkpoints"))
SIGNING_KEY = Path(os.environ.get("GOI_SIGNING_KEY", DATA_DIR / "signing_key.pem"))

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if not DEVELOPING:
    SECURE_SSL_REDIRECT = not flag("GOI_PLAIN_HTTP")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not flag("GOI_PLAIN_HTTP")
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if flag("GOI_BEHIND_PROXY"):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
