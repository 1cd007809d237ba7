"""The addresses at which a monitor asks for the state of the process."""

from django.urls import path

from callbacks.operations import health, metrics

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
