"""Read an export of requests back."""

import csv
import io
from typing import Any

from django.test import Client
from django.urls import reverse

EXPORT = reverse("admin:callbacks_callrequest_export")


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=text[text.index('"', 1) + 1]))


def export_csv(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.post(f"{EXPORT}?{query}", {"format": "csv"})
    assert answer.status_code == 200
    return rows_of(answer)
