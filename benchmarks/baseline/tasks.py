"""Give the engine alone its only task: one POST as large as a startcall, on a new connection."""

import requests
from django.conf import settings
from huey.contrib.djhuey import task


@task(name="post")  # type: ignore[untyped-decorator]
def post(number: str) -> None:
    requests.post(
        settings.UHLIVE_CALL_URL,
        json={"originate": "test-scenario", "destination": number, "email": "jo@example.fr"},
        headers={"Accept": "application/json", "Authorization": f"Bearer {'t' * 400}"},
        timeout=10,
    )
