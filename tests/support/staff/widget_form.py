"""The form of a widget in the admin, as a person sends it."""

from typing import Any

from django.test import Client
from django.urls import reverse

from callbacks.models import Widget

ADD = reverse("admin:callbacks_widget_add")
TEXTS = (
    *("heading", "introduction", "button", "consent"),
    *("sales_call_notice", "pause_message"),
)


def filled_in(**fields: Any) -> dict[str, Any]:
    """The form as a person would send it."""
    texts = {"texts-TOTAL_FORMS": "2", "texts-INITIAL_FORMS": "0"}
    for number, language in enumerate(("fr", "en")):
        texts[f"texts-{number}-language"] = language
        for name in TEXTS:
            texts[f"texts-{number}-{name}"] = ""
    return {
        "name": "Boutique",
        "originate": "shop-bot",
        "is_active": "on",
        "allowed_regions": ["FR", "RE"],
        "email_required": "on",
        "language": "",
        "accent_colour": "#aa3300",
        "allowed_origins": "https://www.example.fr\nHTTPS://Shop.example.fr/\n",
        "patience_minutes": "20",
        "unseen_minutes": "45",
        "call_seconds": "180",
        "hourly_cap": "100",
        "daily_cap": "200",
        "proof_of_work": "automatic",
        "retention_months": "12",
        "proof_months": "36",
        "address_days": "7",
        "time_zone": "Europe/Paris",
        "opening_hours-mode": "always",
        "holidays": "",
        "holidays_off-of": "",
        "slot_minutes": "30",
        "slot_capacity": "1",
        "slot_lead_minutes": "30",
        "days_ahead": "14",
        "when_closed": "offer_times",
        **texts,
        **fields,
    }


def hours(**days: str) -> dict[str, Any]:
    """The editor of opening hours: `mo="09:00-12:00 14:00-18:00"`, for each day by its key."""
    fields: dict[str, Any] = {"opening_hours-mode": "hours"}
    for key, periods in days.items():
        pairs = [period.split("-") for period in periods.split()]
        fields[f"opening_hours-{key}-begin"] = [begin for begin, _end in pairs]
        fields[f"opening_hours-{key}-end"] = [end for _begin, end in pairs]
    return fields


def special(number: int, periods: str = "", **fields: str) -> dict[str, Any]:
    """The special days with this number: `first`, `last`, `name`, `yearly` and `below`."""
    found = hours(**{str(number): periods})
    return found | {f"opening_hours-{number}-{name}": value for name, value in fields.items()}


def errors_of(client: Client, **fields: Any) -> str:
    """Send the form for a new widget, which is refused; return its errors."""
    answer = client.post(ADD, filled_in(**fields))
    assert answer.status_code == 200
    assert not Widget.objects.exists()
    return str(answer.context["errors"])
