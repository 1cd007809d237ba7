"""Additional fields of a widget, as they are stored."""

from typing import Any

ORDER: dict[str, Any] = {
    "key": "order",
    "labels": {"en": "Order number", "fr": "Numéro de commande"},
}
SUBJECT: dict[str, Any] = {
    "key": "subject",
    "kind": "choice",
    "labels": {"en": "Subject", "fr": "Sujet"},
    "choices": [
        {"value": "quote", "labels": {"en": "A quote", "fr": "Un devis"}},
        {"value": "repair", "labels": {"en": "A repair", "fr": "Une réparation"}},
    ],
}
CUSTOMER: dict[str, Any] = {
    "key": "customer",
    "kind": "checkbox",
    "labels": {"en": "I am a customer"},
}
NAME: dict[str, Any] = {
    "key": "name",
    "labels": {"en": "Your name", "fr": "Votre nom"},
    "is_personal": True,
}


def required(field: dict[str, Any]) -> dict[str, Any]:
    """Return the same field, which must be answered."""
    return field | {"is_required": True}
