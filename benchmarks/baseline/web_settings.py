"""The site's settings, for views that do the least that is possible."""

from callback_site.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.baseline.urls"
