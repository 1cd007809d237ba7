"""The engine alone: Huey with the site's consumer settings and nothing of the site."""

from callback_site.settings import *  # noqa: F403

INSTALLED_APPS = ["huey.contrib.djhuey", "benchmarks.baseline"]
ROOT_URLCONF = "benchmarks.baseline.no_urls"
# As it comes.
HUEY["huey_class"] = f"huey.{HUEY['huey_class'].rpartition('.')[2]}"  # noqa: F405
