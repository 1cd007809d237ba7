"""The addresses of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

handler500 = "callbacks.public.http.database_errors.broken"
urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("callbacks.operations.urls")),
    path("embed/", include("callbacks.public.embed.urls")),
    path("", include("callbacks.public.urls")),
]
