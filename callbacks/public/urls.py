from django.urls import URLPattern, path

from callbacks.public import home, hooks
from callbacks.public.form import views as form_views
from callbacks.public.http import stylesheet
from callbacks.public.status import mail_views, number_view, time_view
from callbacks.public.status import views as status_views

app_name = "public"


def pages(place_of_forms: str) -> list[URLPattern]:
    """Return the paths of a widget's form and of its requests, for use alone and in a frame."""
    return [
        path(f"{place_of_forms}<slug:public_id>/", form_views.form, name="form"),
        path("r/<slug:token>/", status_views.status, name="status"),
        path("r/<slug:token>/state/", status_views.state, name="state"),
        path("r/<slug:token>/number/", number_view.number, name="number"),
        path("r/<slug:token>/time/", time_view.time, name="time"),
        path("r/<slug:token>/calendar.ics", status_views.calendar, name="calendar"),
        path("r/<slug:token>/cancel/", status_views.cancel, name="cancel"),
        path("r/<slug:token>/never/", status_views.never, name="never"),
        path("r/<slug:token>/no-emails/", mail_views.no_emails, name="no_emails"),
        path("r/<slug:token>/never/undo/", status_views.undo, name="undo"),
        path("r/<slug:token>/again/", status_views.again, name="again"),
        path("r/<slug:token>/call-again/", status_views.call_again, name="call_again"),
    ]


urlpatterns = [
    path("", home.home, name="home"),
    path("m/<slug:code>/", mail_views.stop_emails, name="stop_emails"),
    path("m/team/<slug:code>/", mail_views.stop_team_emails, name="stop_team_emails"),
    path("hooks/uhlive/", hooks.uhlive, name="uhlive"),
    *pages("w/"),
    path("w/<slug:public_id>/style.<slug:digest>.css", stylesheet.stylesheet, name="stylesheet"),
]
