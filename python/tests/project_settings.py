"""A Django project for the tests that need no server: counters in memory."""

SECRET_KEY = "tests-only"  # noqa: S105
ALLOWED_HOSTS = ["*"]
DEBUG = True
USE_TZ = True
USE_I18N = True
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
ROOT_URLCONF = "project_urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "weir.django"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
WEIR = {"API_KEY": {"VERIFY": "project_urls.is_known"}}
