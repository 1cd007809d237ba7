"""Settings of the site, with views that do the least possible."""

from callback_site.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.baseline.urls"
