from django.urls import include, path

from benchmarks.baseline import views

urlpatterns = [
    path("bare/<slug:public_id>/", views.bare),
    path("", include("callbacks.operations.urls")),
    # The form's template links to the public pages.
    path("", include("callbacks.public.urls")),
]
