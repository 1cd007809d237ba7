from django.urls import path

from callbacks.public import form, status, stylesheet

app_name = "public"
urlpatterns = [
    path("w/<slug:public_id>/", form.form, name="form"),
    path("w/<slug:public_id>/style.<slug:digest>.css", stylesheet.stylesheet, name="stylesheet"),
    path("r/<slug:token>/", status.status, name="status"),
    path("r/<slug:token>/state/", status.state, name="state"),
    path("r/<slug:token>/number/", status.number, name="number"),
    path("r/<slug:token>/cancel/", status.cancel, name="cancel"),
]
