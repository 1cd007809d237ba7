from django.urls import URLPattern, path

from callbacks.public import form, status, stylesheet

app_name = "public"


def pages(place_of_forms: str) -> list[URLPattern]:
    """A widget's form, and what becomes of requests: by themselves, and again to be framed."""
    return [
        path(f"{place_of_forms}<slug:public_id>/", form.form, name="form"),
        path("r/<slug:token>/", status.status, name="status"),
        path("r/<slug:token>/state/", status.state, name="state"),
        path("r/<slug:token>/number/", status.number, name="number"),
        path("r/<slug:token>/cancel/", status.cancel, name="cancel"),
        path("r/<slug:token>/never/", status.never, name="never"),
    ]


urlpatterns = [
    *pages("w/"),
    path("w/<slug:public_id>/style.<slug:digest>.css", stylesheet.stylesheet, name="stylesheet"),
]
