"""Print all requests as this version reads them: `python -m tests.support.upgrade.read`."""

import json

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from callbacks.models import CallRequest  # noqa: E402


def main() -> None:
    """Check the proofs of consent, then print one line of JSON."""
    call_command("check_consent")
    rows = {
        one.public_id: [
            *(one.status, one.reason, str(one.number), one.email, one.widget.name),
            [attempt.outcome for attempt in one.attempts.order_by("number")],
            one.due_at.isoformat(),
        ]
        for one in CallRequest.objects.select_related("widget").order_by("pk")
    }
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
