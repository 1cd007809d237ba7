"""The columns of a request that mean nothing to a measurement."""

from datetime import datetime


def asked_at(now: datetime) -> dict[str, object]:
    """Return what a visitor leaves who asks at `now`, but for the number."""
    return {
        "email": "jo@example.fr",
        "language": "fr",
        "consent_text": "Please call me.",
        "consent_at": now,
        "created_at": now,
        "status_at": now,
    }
