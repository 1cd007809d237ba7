"""The addresses of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

handler500 = "callbacks.public.unavailable.broken"
urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("callbacks.ops.urls")),
    path("embed/", include("callbacks.public.embed_urls")),
    path("", include("callbacks.public.urls")),
]
