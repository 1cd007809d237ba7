"""Settings of the engine alone: Huey with the site's consumer settings and no code of the site."""

from callback_site.settings import *  # noqa: F403

INSTALLED_APPS = ["huey.contrib.djhuey", "benchmarks.baseline"]
ROOT_URLCONF = "benchmarks.baseline.no_urls"
# Huey's own storage class, without the site's changes.
HUEY["huey_class"] = f"huey.{HUEY['huey_class'].rpartition('.')[2]}"  # noqa: F405
