from django.urls import include, path

from benchmarks.baseline import views

urlpatterns = [
    path("bare/<slug:public_id>/", views.bare),
    path("", include("callbacks.operations.urls")),
    # The template of the form names its addresses.
    path("", include("callbacks.public.urls")),
]
