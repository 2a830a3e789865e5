"""Django settings. The only module that reads environment variables.

Unset variables give a safe site on SQLite for this machine only. What
`bin/run` generated under var/ (secret, signing key, database, address of
the site) is found there without further settings.
"""

from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env_file = BASE_DIR / ".env"
if env_file.exists():
    env.read_env(str(env_file))

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))


def _left_by_run(name: str) -> str:
    """What bin/run left in a file of VAR_DIR for plain manage.py commands, or ""."""
    file = VAR_DIR / name
    return file.read_text().strip() if file.exists() else ""


def _secret_key() -> str:
    """SECRET_KEY, else what bin/run left in var/secret-key; there is no default."""
    if key := env.str("SECRET_KEY", default="") or _left_by_run("secret-key"):
        return key
    raise ImproperlyConfigured(
        f"SECRET_KEY is not set and {VAR_DIR / 'secret-key'} does not exist. "
        "Run bin/run once, which makes it, or set SECRET_KEY."
    )


SECRET_KEY = _secret_key()
DEBUG = env.bool("DEBUG", default=False)
DEMONSTRATION = env.bool("DEMONSTRATION", default=False)  # demonstration accounts may sign in

SITE_URL = (env.str("SITE_URL", default="") or _left_by_run("site-url") or "http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL must be an http or https address with a host name; it is {SITE_URL!r}.")
_https = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=sorted({"localhost", "127.0.0.1", "[::1]", _site.hostname}))
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]
TRUSTED_PROXIES = [ip_network(text) for text in env.list("TRUSTED_PROXIES", default=[])]

INSTALLED_APPS = [
    "portal.apps.DeskConfig",
    "accounts",  # before django.contrib.auth, whose command changepassword it replaces
    "django.contrib.staticfiles",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "axes",
    "csp",
    "ckeditor",
    "js_asset",
    "portal.apps.PortalConfig",
    "feedback",
    "legacy",
    "workflow",
    "articles",
    "departments",
    "ledger",
]

MIDDLEWARE = [
    "portal.middleware.proxies.TrustedProxyMiddleware",
    "portal.middleware.nul_characters.RefuseNulMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.csp.CachedCSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "articles.public.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "workflow.desk.refused_text.TamperedTextMiddleware",
    "portal.middleware.recording.RecordingMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "portal.template_i18n.TranslatingLoader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.site_context.site_context",
            ],
        },
    }
]

# --- Databases --------------------------------------------------------------------------------------------------

HAS_NAMED_DATABASE = bool(env.str("DATABASE_URL", default=""))  # not the file that bin/run makes in VAR_DIR
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{quote(str(VAR_DIR / 'db.sqlite3'))}")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: SQLite knows no row locks, so a transaction that writes takes the write lock at its beginning.
    # FULL: in WAL mode a commit is on the disk only then, and an act that was answered must not be lost when the power
    # fails (https://www.sqlite.org/pragma.html#pragma_synchronous). articles.reads.database lowers it while it counts.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA recursive_triggers=ON;",
    }
    # Seconds. A connection that is opened for every request costs more than most requests: whenever the last one is
    # closed, SQLite copies its log into the database and waits for the disk.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_SQLITE_FILE", default=str(VAR_DIR / "test.sqlite3"))}
else:
    # psycopg's pool keeps connections itself and wants CONN_MAX_AGE = 0. Parameters go to the server apart from the
    # statement, which it then plans once for each connection: planning takes as long as the answer to a short query.
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    # A page asks for a few rows: to start processes for that, or to compile the statement, takes longer than to answer.
    _options["options"] = f"-c max_parallel_workers_per_gather=0 -c jit=off {_options.get('options', '')}".strip()
    _options.update(
        # Seconds. A request waits no longer for a connection; after a failure the pool tries again at the next request
        # instead of pausing for up to five minutes.
        pool={
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL", default=8),
            "timeout": 3,
            "reconnect_timeout": 3,
        },
        server_side_binding=True,
        prepare_threshold=5,
    )
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    # The pool checks each connection that it hands out (ConnectionPool.check_connection): after a restart of PostgreSQL
    # all that it holds are dead.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
# The site's name inside every seal, and before its keys in Redis; never change it later.
SEAL_SITE = env.str("SEAL_SITE", default="qianfa")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "articles.caching.redis_cache.OptionalRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": SEAL_SITE,  # several sites may share one Redis
            # Django's own serializer is pickle: anyone who writes to Redis would run code here.
            "OPTIONS": {"serializer": "articles.caching.json_cache.JSONSerializer"},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PAGE_CACHE = env.bool("PAGE_CACHE", default=True)  # rendered pages are kept and served again (portal.page_cache)

# --- People -----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "accounts.lockout.lockout_response"
AXES_USERNAME_CALLABLE = "accounts.lockout.attempted_name"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.client_address"
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]  # stored as asterisks, like the password
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False  # its tables have no Chinese; superusers unlock from the list of people
AXES_VERBOSE = False

# --- Language and time ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# --- Files ------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = ["portal.static_files.OwnFilesFinder", "portal.static_files.LibraryFilesFinder"]
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"  # never served as such: articles.files.access decides who may have which file
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o640
# Where nginx has MEDIA_ROOT as an internal location: it then sends the files that we have said yes to.
X_ACCEL_REDIRECT = env.str("X_ACCEL_REDIRECT", default="").rstrip("/")
# A pasted article brings its pictures along as data: addresses; the form's own limits give the clear messages.
DATA_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024

# --- Signing ----------------------------------------------------------------------------------------------------

SIGNING_KEY_FILE = Path(env.str("SIGNING_KEY_FILE", default=str(VAR_DIR / "keys" / "signing.pem")))
TRUSTED_KEYS_DIR = Path(env.str("TRUSTED_KEYS_DIR", default=str(VAR_DIR / "keys" / "trusted")))
LEDGER_HEAD_FILE = Path(env.str("LEDGER_HEAD_FILE", default=str(VAR_DIR / "ledger-heads.jsonl")))

# --- Mail -------------------------------------------------------------------------------------------------------

HAS_MAIL_SERVER = bool(env.str("EMAIL_URL", default=""))  # without one mails wait, and are given up after a day
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"qianfa@{_site.hostname}")
EMAIL_TIMEOUT = 10  # seconds: a server that does not answer holds up delivery no longer
WEBHOOK_URLS = env.list("WEBHOOK_URLS", default=[])
if any(urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname for url in WEBHOOK_URLS):
    raise ImproperlyConfigured("Every one of WEBHOOK_URLS must be an http or https address with a host name.")

# --- Letters from visitors --------------------------------------------------------------------------------------

FEEDBACK_PER_VISITOR = env.int("FEEDBACK_PER_VISITOR", default=5)  # within an hour
FEEDBACK_PER_HOUR = env.int("FEEDBACK_PER_HOUR", default=500)  # from all visitors together
FEEDBACK_KEPT_DAYS = env.int("FEEDBACK_KEPT_DAYS", default=180)  # name and contact, once a letter is settled

# --- Safety -----------------------------------------------------------------------------------------------------

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # a working day
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # a load balancer asks over plain http
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SILENCED_SYSTEM_CHECKS = [
    # CKEditor 4 is past its end of life. It stands behind one widget function (articles.editing.editor), its uploader
    # is not mounted, and every word that it sends is sanitised by the server.
    "ckeditor.W001",
    # The portal's host name says nothing about its sub-domains, which others may run without https.
    "security.W005",
    "security.W021",
    # SQLite takes the index of a listing without the columns that PostgreSQL includes, and looks into the rows.
    "models.W040",
]

# The editor. The toolbar is narrow on purpose: what the sanitiser would drop is not offered.
CKEDITOR_CONFIGS = {
    "default": {
        "versionCheck": False,
        "language": "zh-cn",
        "height": 420,
        "width": "100%",
        "extraPlugins": "divarea,image2,deskpicture",
        "removePlugins": "elementspath,exportpdf,scayt,wsc,flash,iframe,forms,smiley,about,templates,save,print,"
        "preview,newpage,uploadimage,uploadwidget,uploadfile,filebrowser,image,easyimage,cloudservices,stylesheetparser,resize",
        "toolbar": "article",
        "toolbar_article": [
            ["Undo", "Redo"],
            ["Format"],
            ["Bold", "Italic", "Underline", "Subscript", "Superscript"],
            ["BulletedList", "NumberedList", "Blockquote"],
            ["JustifyLeft", "JustifyCenter", "JustifyRight"],
            ["Link", "Unlink", "DeskPicture", "Table", "HorizontalRule"],
            ["PasteText", "RemoveFormat", "Find", "Maximize"],
        ],
        "format_tags": "p;h2;h3;h4",
        # What the sanitiser keeps and no button makes (imported, pasted, written before): without this the editor
        # would silently lose it when an article is opened.
        "extraAllowedContent": "img[!src,alt,width,height]; pre code s div figcaption; figure(image); "
        "p h2 h3 h4 td th div figure figcaption li caption(align-left,align-center,align-right,align-justify); "
        "a[id]; li[id]; ol[start]; table caption thead tbody tfoot tr; td th[colspan,rowspan,scope]",
        # There is no uploader, and the rest is what the sanitiser drops.
        "removeDialogTabs": "link:upload;link:target;link:advanced;table:advanced;tableProperties:advanced",
        "image2_disableResizer": True,
        "image2_captionedClass": "image",
        "justifyClasses": ["align-left", "align-center", "align-right", "align-justify"],
        "disableNativeSpellChecker": False,
        "forcePasteAsPlainText": False,
    }
}
CKEDITOR_BASEPATH = f"{STATIC_URL}ckeditor/ckeditor/"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.log_lines.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"axes": {"level": "WARNING"}},
}
