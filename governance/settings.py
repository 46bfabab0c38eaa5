"""One settings file; everything that differs between places comes from the environment or `.env`.

Production is the default: without `PLUGWARDEN_ENV=development` there is no debug mode and no default secret.
`docs/configuration.md` lists every variable; `governance.checks` refuses wrong combinations with a hint.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(os.environ.get("PLUGWARDEN_ENV_FILE", BASE_DIR / ".env"))

ENVIRONMENT = env.str("PLUGWARDEN_ENV", default="production")
DEVELOPMENT = ENVIRONMENT in {"development", "demo", "test"}
DEMO = ENVIRONMENT == "demo"
DEBUG = env.bool("DEBUG", default=False)

# --- where state lives -------------------------------------------------------------------------------------------
DATA_DIR = Path(env.str("PLUGWARDEN_DATA", default=str(BASE_DIR / "var"))).resolve()
ARTIFACTS_DIR = DATA_DIR / "artifacts"
KEYS_DIR = DATA_DIR / "keys"
REPORTS_DIR = DATA_DIR / "reports"
CACHE_DIR = DATA_DIR / "cache"
CHECKPOINTS_DIR = DATA_DIR / "checkpoints"
_COPY = env.str("PLUGWARDEN_CHECKPOINT_COPY", default="")
CHECKPOINT_PLACES = [CHECKPOINTS_DIR, *([Path(_COPY).resolve()] if _COPY else [])]
"""Folders, outside the database, that the last checkpoint is kept in."""
LEDGER_WITNESSES = env.list("PLUGWARDEN_WITNESSES", default=[])
os.environ.setdefault("MPLCONFIGDIR", str(CACHE_DIR / "matplotlib"))  # else in the home folder, which services may lack
GUARDDOG_RULES_DIR = Path(env.str("PLUGWARDEN_GUARDDOG_RULES", default=str(BASE_DIR / ".venv" / "guarddog-rules")))
# Where advisories are fetched from: the publishers' own addresses, or a mirror's.
PLUGWARDEN_OSV_URL = env.str("PLUGWARDEN_OSV_URL", default="https://osv-vulnerabilities.storage.googleapis.com")
PLUGWARDEN_KEV_URL = env.str(
    "PLUGWARDEN_KEV_URL",
    default="https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
)
PLUGWARDEN_EPSS_URL = env.str(
    "PLUGWARDEN_EPSS_URL", default="https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
)
_TRUST = env.str("PLUGWARDEN_PROVENANCE_TRUST", default="")
PROVENANCE_TRUST = Path(_TRUST).resolve() if _TRUST else None


def _secret_key() -> str:
    """The secret from the environment; where nobody but this machine needs it, one of its own."""
    given: str = env.str("SECRET_KEY", default="")
    if given or not DEVELOPMENT:
        return given
    path = KEYS_DIR / "django-secret"
    if not path.exists():
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            sys.stderr.write(f"The data folder cannot be used: {problem}. Name another one in PLUGWARDEN_DATA.\n")
            sys.exit(2)  # bad input; 1 would be a verdict of `manage.py vet`
        from django.core.management.utils import get_random_secret_key  # noqa: PLC0415 - first run only

        scratch = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(get_random_secret_key())
        try:
            os.link(scratch, path)  # the first of two processes starting at once wins
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    return path.read_text()


SECRET_KEY = _secret_key()

# --- the web -----------------------------------------------------------------------------------------------------
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEVELOPMENT else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORTAL_URL = env.str("PORTAL_URL", default="http://127.0.0.1:8000")
"""Address of this portal as others see it; it goes into certificates and reports."""

_TLS = env.bool("PLUGWARDEN_TLS", default=not DEVELOPMENT)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _TLS
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if _TLS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _TLS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True

ROOT_URLCONF = "governance.urls"
WSGI_APPLICATION = "governance.wsgi.application"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "unfold.contrib.guardian",
    "unfold.contrib.filters",
    "governance.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_fsm",
    "django_q",
    "csp",
    "guardian",
    "simple_history",
    "governance.apps.GovernanceConfig",
    "plugins.apps.PluginsConfig",
    "certification.apps.CertificationConfig",
    "audits.apps.AuditsConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "governance.middleware.AdminContentSecurity",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "governance.middleware.BoundedRequest",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "governance.context_processors.portal",
            ],
            "builtins": ["governance.templatetags.plugwarden"],
        },
    }
]

# Strict for every page of ours; the admin's Alpine evaluates strings, see docs/threat-model.md.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "artifacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(ARTIFACTS_DIR), "file_permissions_mode": 0o640},
    },
    "reports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(REPORTS_DIR), "file_permissions_mode": 0o640},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# --- who ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # the portal has no anonymous rights to hand out
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
LOGOUT_REDIRECT_URL = reverse_lazy("certification:status")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "guesses": {  # failed sign-ins, see `governance.guesses`; made by a migration
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "governance_guesses",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

# --- data --------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'plugwarden.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        " PRAGMA recursive_triggers=ON;",  # INSERT OR REPLACE would get past the append-only triggers without it
    )
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60  # also of a file: opening it takes longer than asking it
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

# --- work --------------------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
TASK_TIMEOUT = 900
Q_CLUSTER = {
    "name": env.str("PLUGWARDEN_QUEUE", default="plugwarden"),  # of its own for each installation on one Redis
    "workers": env.int("PLUGWARDEN_WORKERS", default=2),
    "recycle": 20,  # WeasyPrint keeps the memory of its largest document
    "max_rss": 1_000_000,
    "timeout": TASK_TIMEOUT,
    "retry": TASK_TIMEOUT + 120,  # retry must exceed timeout, or tasks run twice
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "poll": 0.3,
    "label": _("Task queue"),
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

SWEEP_RUNS = env.int("PLUGWARDEN_SWEEP_RUNS", default=max(1, Q_CLUSTER["workers"] - 1))

# --- vetting -----------------------------------------------------------------------------------------------------
ARCHIVE_LIMITS = {
    "input_bytes": env.int("PLUGWARDEN_MAX_UPLOAD", default=100 * 1024 * 1024),
    "output_bytes": env.int("PLUGWARDEN_MAX_UNPACKED", default=512 * 1024 * 1024),
    "ratio": env.int("PLUGWARDEN_MAX_RATIO", default=100),
    "entries": env.int("PLUGWARDEN_MAX_ENTRIES", default=20_000),
    "file_bytes": env.int("PLUGWARDEN_MAX_FILE", default=64 * 1024 * 1024),
    "name_bytes": env.int("PLUGWARDEN_MAX_NAME", default=255),
    "depth": env.int("PLUGWARDEN_MAX_DEPTH", default=40),
}

# --- words and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "governance.formats"
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "governance.sign-in": {"level": "INFO"},  # who signs in and out, and who fails to: always
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}

UNFOLD = {
    "SITE_TITLE": "Plugwarden",
    "SITE_HEADER": "Plugwarden",
    "SITE_SUBHEADER": _("Plugin governance"),
    "SITE_SYMBOL": "verified_user",
    "SITE_URL": reverse_lazy("home"),
    "SITE_FAVICONS": [{"rel": "icon", "href": "governance.unfold_callbacks.favicon", "type": "image/svg+xml"}],
    "DASHBOARD_CALLBACK": "certification.admin.start.start_page",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "governance.unfold_callbacks.environment_badge",
    "STYLES": ["governance.unfold_callbacks.palette", "governance.unfold_callbacks.admin_stylesheet"],
    "SCRIPTS": ["governance.unfold_callbacks.admin_script"],
    "GLOBAL_CALLBACK": "governance.unfold_callbacks.without_inline_colors",
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "governance.navigation.sidebar"},
}
