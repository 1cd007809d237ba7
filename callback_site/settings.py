"""Django's settings, all from environment variables (see `docs/settings.md`)."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from environs import Env

from callback_site import addresses, environment, secret_files, storages
from callback_site.logging import log_settings
from callback_site.unfold import UNFOLD  # noqa: F401  (read by the admin)
from callbacks.worker.wakeup import huey_settings

BASE_DIR = Path(__file__).resolve().parent.parent
# The folder for SQLite and static files. If it cannot be made, perhaps neither is needed.
with suppress(OSError):
    (BASE_DIR / "var").mkdir(mode=0o700, exist_ok=True)
env = Env()
secret_files.refuse_unknown_credentials()

# -- the process ----------------------------------------------------------------------------
DEBUG = environment.read(env.bool, "DEBUG", False)
DEMO = environment.read(env.bool, "DEMO", False)
# During development and in a demo, the site runs on this machine and calls the sandbox or nobody.
PRODUCTION_NEEDS = ("PUBLIC_URL", "UHLIVE_CLIENT_ID", "UHLIVE_CLIENT_SECRET")
environment.require(env, ("SECRET_KEY", *(() if DEBUG or DEMO else PRODUCTION_NEEDS)))
SECRET_KEY = environment.read(env.str, "SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY must be at least 32 random characters.")
PORT = environment.whole_number_between(env, "PORT", 8000, 1, 65535)
# Only a proxy on this machine needs to reach the web process.
BIND = environment.read(env.str, "BIND", "127.0.0.1")
WEB_PROCESSES = environment.whole_number_between(env, "WEB_PROCESSES", 1, 1, 256)
WEB_THREADS = environment.whole_number_between(env, "WEB_THREADS", 8, 1, 256)
# How long a request may take to arrive, in seconds. A thread waits for it.
WEB_READ_TIMEOUT = environment.number_between(env, "WEB_READ_TIMEOUT", 20, 0.5, 600)
WORKERS = environment.whole_number_between(env, "WORKERS", 16, 1, 256)

# -- addresses ------------------------------------------------------------------------------
PUBLIC_URL = addresses.site_address(env, "PUBLIC_URL", f"http://localhost:{PORT}")
_public = urlsplit(PUBLIC_URL)
HOME_URL = environment.read(env.str, "HOME_URL", "")
if HOME_URL:
    HOME_URL = addresses.web_address(env, "HOME_URL", "")
if HOME_URL == PUBLIC_URL:
    raise ImproperlyConfigured("HOME_URL is PUBLIC_URL itself: it would lead to itself for ever.")
PUBLIC_IS_HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = [
    addresses.host_name("ALLOWED_HOSTS", host)
    for host in environment.read(
        env.list, "ALLOWED_HOSTS", [_public.hostname or "localhost", "localhost", "127.0.0.1"]
    )
]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
TRUSTED_PROXY_COUNT = environment.whole_number_between(env, "TRUSTED_PROXY_COUNT", 0, 0, 16)
# Only behind a proxy, which sets this header itself. Without one, a client could claim https.
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# -- the outside service --------------------------------------------------------------------
UHLIVE_TOKEN_URL = addresses.web_address(
    env,
    "UHLIVE_TOKEN_URL",
    "https://id.uh.live/realms/uhlive/protocol/openid-connect/token",
    secret=True,
)
UHLIVE_CALL_URL = addresses.web_address(
    env, "UHLIVE_CALL_URL", "https://call.uh.live/api/startcall", secret=True
)
UHLIVE_CLIENT_ID = environment.read(env.str, "UHLIVE_CLIENT_ID", "")
UHLIVE_CLIENT_SECRET = environment.read(env.str, "UHLIVE_CLIENT_SECRET", "")
UHLIVE_CONNECT_TIMEOUT = environment.number_between(env, "UHLIVE_CONNECT_TIMEOUT", 5, 0.1, 60)
UHLIVE_READ_TIMEOUT = environment.number_between(env, "UHLIVE_READ_TIMEOUT", 20, 0.1, 120)
# The passphrase that signs the reports of processed calls. Without one, none is received.
UHLIVE_WEBHOOK_SECRET = environment.read(env.str, "UHLIVE_WEBHOOK_SECRET", "")
# Only statuses that the account manager confirms. A proxy may also send them after a call started.
UHLIVE_NOTHING_PLACED_STATUSES = environment.statuses(env, "UHLIVE_NOTHING_PLACED_STATUSES")

# -- limits ---------------------------------------------------------------------------------
# Forms for each IP address. It is generous: thousands of phones share one carrier's addresses.
RATE_PER_ADDRESS = environment.rate(env, "RATE_PER_ADDRESS", "300/h")
# Uses of each API key.
RATE_PER_KEY = environment.rate(env, "RATE_PER_KEY", "120/m")
# Calls that the whole account may start. The vendor's Activate API allows 40 in 10 s; no figure is
# documented for this API. 0 calls means no pacing.
PACE_CALLS = environment.whole_number_between(env, "PACE_CALLS", 40, 0, 100_000)
PACE_SECONDS = environment.number_between(env, "PACE_SECONDS", 10, 0.1, 3600)

ACCOUNT_DAILY_CAP = environment.whole_number_between(env, "ACCOUNT_DAILY_CAP", 5000, 1, 10_000_000)

# -- personal data --------------------------------------------------------------------------
# The key of the fingerprints. After a change, earlier requests can no longer be found by number.
HASH_KEY = environment.read(env.str, "HASH_KEY", SECRET_KEY)
ENCRYPTION_KEYS = environment.encryption_keys(env)

# -- signing in -----------------------------------------------------------------------------
# Required of superusers and of accounts that can harm many people at once. Others may use it.
REQUIRE_TWO_FACTOR = environment.read(env.bool, "REQUIRE_TWO_FACTOR", not DEMO)
SESSION_HOURS = environment.whole_number_between(env, "SESSION_HOURS", 12, 1, 24 * 30)
SESSION_IDLE_MINUTES = environment.whole_number_between(env, "SESSION_IDLE_MINUTES", 60, 1, 1440)
SIGN_IN_TRIES = environment.whole_number_between(env, "SIGN_IN_TRIES", 5, 1, 100)
SIGN_IN_LOCK_MINUTES = environment.whole_number_between(env, "SIGN_IN_LOCK_MINUTES", 15, 1, 1440)
# Sign-ins for each IP address. A whole office may share one.
RATE_SIGN_IN = environment.rate(env, "RATE_SIGN_IN", "100/10m")
RATE_PASSWORD_RESET = environment.rate(env, "RATE_PASSWORD_RESET", "10/h")
# How many numbers and emails an account may look up that is not allowed to see them.
LOOK_UPS_PER_HOUR = environment.whole_number_between(env, "LOOK_UPS_PER_HOUR", 60, 1, 100_000)

# -- telling staff --------------------------------------------------------------------------
ALERT_EMAILS = environment.emails(env, "ALERT_EMAILS")
DAILY_NOTICE = environment.read(env.bool, "DAILY_NOTICE", True)
# Whether webhooks may go to private addresses, such as a system in the same network.
WEBHOOK_ALLOW_PRIVATE = environment.read(env.bool, "WEBHOOK_ALLOW_PRIVATE", False)
# Housekeeping says there once a minute that all is well. The address is a secret: it raises alarms.
HEARTBEAT_URL = environment.read(env.str, "HEARTBEAT_URL", "")
if HEARTBEAT_URL:
    # Checked, and kept as it was typed: a slash at its end may matter to the monitor.
    addresses.web_address(env, "HEARTBEAT_URL", "", secret=True)
# Who may read /metrics: who has the token, and who comes from one of these addresses.
METRICS_TOKEN = environment.secret(env, "METRICS_TOKEN", at_least=16)
METRICS_ADDRESSES = addresses.networks(env, "METRICS_ADDRESSES")
_use_tls = environment.read(env.bool, "EMAIL_USE_TLS", False)
_use_ssl = environment.read(env.bool, "EMAIL_USE_SSL", False)
if _use_tls and _use_ssl:
    raise ImproperlyConfigured(
        "EMAIL_USE_TLS and EMAIL_USE_SSL are both true, but a mail server expects one of them: "
        "EMAIL_USE_TLS usually on port 587, EMAIL_USE_SSL on port 465."
    )
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": environment.read(env.str, "EMAIL_HOST", "localhost"),
            "port": environment.whole_number_between(env, "EMAIL_PORT", 25, 1, 65535),
            "username": environment.read(env.str, "EMAIL_USER", ""),
            "password": environment.read(env.str, "EMAIL_PASSWORD", ""),
            "use_tls": _use_tls,
            "use_ssl": _use_ssl,
            "timeout": 10,
        },
    }
}
# Whether the operator has set up a mail server. Visitors get no email from a default that may not
# exist.
MAIL_IS_SET = bool(environment.read(env.str, "EMAIL_HOST", ""))
DEFAULT_FROM_EMAIL = environment.read(env.str, "EMAIL_FROM", f"callback@{_public.hostname}")
# Both need packages that are not installed by default.
SENTRY_DSN = environment.sentry_dsn(env, "SENTRY_DSN")
OTEL_EXPORTER_OTLP_HEADERS = environment.read(env.str, "OTEL_EXPORTER_OTLP_HEADERS", "")
OTEL_EXPORTER_OTLP_ENDPOINT = environment.read(env.str, "OTEL_EXPORTER_OTLP_ENDPOINT", "")
if OTEL_EXPORTER_OTLP_ENDPOINT:
    environment.need_package("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry")
    OTEL_EXPORTER_OTLP_ENDPOINT = addresses.web_address(
        env, "OTEL_EXPORTER_OTLP_ENDPOINT", "", secret=bool(OTEL_EXPORTER_OTLP_HEADERS)
    )

# -- the application ------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "callbacks.staff.site.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "phonenumber_field",
    "huey.contrib.djhuey",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "callbacks",
]
MIDDLEWARE = [
    "callback_site.headers.extra_headers",
    "callbacks.public.http.cookieless.cookieless",
    "callback_site.language.first_language",
    "callbacks.api.middleware.api",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "callback_site.bodies.bounded",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "callbacks.staff.accounts.session_end.end_sessions",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "callbacks.public.http.database_errors.DatabaseMayBeAway",
]
ROOT_URLCONF = "callback_site.urls"
WSGI_APPLICATION = "callback_site.wsgi.application"
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
            ],
        },
    },
]
DATABASES = {"default": storages.database(env, BASE_DIR)}
# The limits of a transaction on PostgreSQL, in seconds (see `callback_site.transaction_settings`).
# A machine that vanishes delays others by one statement and the idle time, 25 s at most.
DATABASE_LOCK_TIMEOUT = environment.number_between(env, "DATABASE_LOCK_TIMEOUT", 5, 0.1, 10)
# Shorter than a visitor's patience: all who use a table wait behind a migration that waits for it.
MIGRATION_LOCK_TIMEOUT = environment.number_between(env, "MIGRATION_LOCK_TIMEOUT", 2, 0.1, 60)
DATABASE_IDLE_TIMEOUT = environment.number_between(env, "DATABASE_IDLE_TIMEOUT", 10, 0.5, 10)
DATABASE_STATEMENT_TIMEOUT = environment.number_between(
    env, "DATABASE_STATEMENT_TIMEOUT", 10, 0.5, 15
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": storages.cache(env)}
QUEUE_URL = environment.read(
    env.str, "QUEUE_URL", f"sqlite:///{BASE_DIR / 'var' / 'queue.sqlite3'}"
)
# A worker that is told to end first finishes the call that it is placing. The supervisor waits for
# it this long, in seconds.
LONGEST_PLACING_SECONDS = environment.longest_placing(UHLIVE_CONNECT_TIMEOUT, UHLIVE_READ_TIMEOUT)
HUEY = huey_settings(
    QUEUE_URL, secret_key=SECRET_KEY, workers=WORKERS, ends_in=LONGEST_PLACING_SECONDS
)
# Our own check replaces these two, which refuse an in-process cache even with one process.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]

# -- language and time ----------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
FORMAT_MODULE_PATH = "callback_site.formats"
LOCALE_PATHS = [BASE_DIR / "callbacks" / "locale"]
TIME_ZONE = environment.time_zone(env, "TIME_ZONE", "Europe/Paris")
USE_TZ = True

# -- files ----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.read(env.str, "STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "callback_site.static_files.SharedStaticFiles"},
}

# -- security -------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "callbacks.staff.accounts.sign_in.PasswordsOnRecord"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# How long an invitation's link to choose a password works, in seconds. Other links work one hour.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600
OTP_TOTP_ISSUER = f"Callback {_public.hostname}"
# Locked by account and IP address together. By one alone, anybody could lock out a colleague or
# an office.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = SIGN_IN_TRIES
AXES_COOLOFF_TIME = timedelta(minutes=SIGN_IN_LOCK_MINUTES)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "callbacks.abuse.ip_rate_limit.subscriber"
AXES_USERNAME_CALLABLE = "callbacks.staff.accounts.sign_in.name_tried"
AXES_LOCKOUT_CALLABLE = "callbacks.staff.accounts.sign_in.locked_out"
# The audit trail records who signed in. axes must store nothing and name nobody in logs.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_STR_CALLABLE = "callbacks.staff.accounts.sign_in.nobody"
# Only the admin has cookies. They never reach a public page, framed or not.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_IS_HTTPS
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Not in a cookie, which would be sent to the public pages too.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = PUBLIC_IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PUBLIC_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PUBLIC_IS_HTTPS
# Never `no-referrer`: browsers would then send `Origin: null` with our own forms.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# For all pages except the admin's own, which need more (`callbacks.staff.site.csp`).
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# The limit for form fields, in bytes. `LARGEST_BODY` also leaves room for a file: a list to import.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
LARGEST_BODY = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
LOGGING = log_settings(debug=DEBUG or DEMO, report_errors=bool(SENTRY_DSN))
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
