"""Show the week that stands in a widget's form, before it is saved."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from callbacks.accounts.roles import may_see_widgets
from callbacks.models import Widget
from callbacks.staff.widgets.hours import typed_hours, week_picture
from callbacks.staff.widgets.hours.holiday_boxes import HolidayBoxes, boxes
from callbacks.staff.widgets.hours.reading import Reading


@require_POST
def view(request: HttpRequest) -> JsonResponse:
    """Answer with the HTML of the picture, and of the boxes for public holidays, as JSON.

    POST the fields of the widget's form.
    """
    if not may_see_widgets(request.user):
        raise PermissionDenied
    sent = request.POST
    off = HolidayBoxes().value_from_datadict(sent, None, "holidays_off")
    place = sent.get("holidays", "")
    widget = Widget(
        time_zone=sent.get("time_zone", ""),
        holidays=place,
        holidays_off=off,
        sales_hours=bool(sent.get("sales_hours")),
    )
    reading = Reading(typed_hours.of_data(sent, "opening_hours"))
    picture = week_picture.of_widget(widget, reading)
    return JsonResponse(
        {
            "picture": render_to_string("staff/_hours_picture.html", picture),
            "holidays": render_to_string(
                "staff/_holiday_boxes.html", boxes("holidays_off", place, off)
            ),
        }
    )
