from django.urls import path

from callbacks.public.embed import frame, scripts
from callbacks.public.urls import pages

app_name = frame.NAMESPACE
urlpatterns = [
    path("v1.js", scripts.unpinned, name="loader"),
    path("v1.d.ts", scripts.types, name="types"),
    path("<slug:name>.<slug:digest>.js", scripts.pinned, name="script"),
    *pages(""),
]
