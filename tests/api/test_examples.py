"""The examples of docs/api.md are run as they stand there, against a live server."""

import json
import re
import shlex
import shutil
import subprocess
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from callbacks.core import clock
from callbacks.models import ApiKey, CallRequest, Scope, Status, Widget
from tests.support.api import make_key
from tests.support.factories import make_request, make_widget
from tests.support.sandbox_process import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DOCS = (ROOT / "docs" / "api.md").read_text()
# A time of the examples, which may be ahead of the clock of the machine that tests.
TIME = "2026-06-01T09:00:00+02:00"


def examples(language: str, word: str) -> list[str]:
    """Return the blocks of code in this language that contain the word."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    return [block for block in blocks if word in block]


def ready(block: str, url: str, widget: Widget) -> str:
    """Return the example with the address, the key and the widget of this test."""
    for word, ours in (
        ("https://callback.example.fr", url),
        ("cbk_…", make_key(*Scope)),
        ("PUBLIC_ID", widget.public_id),
        (TIME, _yesterday()),
    ):
        block = block.replace(word, ours)
    return block


def test_curl(live_server: Any) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    widget = make_widget()
    failed = make_request(widget=widget, status=Status.FAILED)
    answers = []
    for block in examples("sh", "curl"):
        command = ready(block, live_server.url, widget)
        done = subprocess.run(
            ["sh", "-c", command.replace("curl ", "curl --silent --max-time 20 ", 1)],
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(json.loads(done.stdout))
    listed, created = answers
    assert [one["id"] for one in listed["requests"]] == [failed.public_id]
    row = CallRequest.objects.get(status=Status.QUEUED)
    assert (created["id"], str(row.number)) == (row.public_id, "+33612345678")


def test_python(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = make_widget()
    [block] = examples("python", "call_back")
    names: dict[str, Any] = {}
    exec(ready(block, live_server.url, widget), names)
    call_back = names["call_back"]
    given = {"text": "Call me about my order.", "given_at": _yesterday()}
    lost: list[Any] = []
    pauses: list[float] = []
    send = names["api"].send

    def loses_the_first_answer(*arguments: Any, **options: Any) -> Any:
        answer = send(*arguments, **options)
        if not lost:
            lost.append(answer)
            raise names["requests"].ConnectionError
        return answer

    monkeypatch.setattr(names["api"], "send", loses_the_first_answer)
    monkeypatch.setattr(names["time"], "sleep", pauses.append)
    address = call_back("order-1", "06 12 34 56 78", "jo@example.fr", given)
    row = CallRequest.objects.get()
    assert address.endswith(f"/r/{row.token}/")
    assert (len(lost), pauses) == (1, [1])
    with pytest.raises(ValueError, match="Nous ne pouvons pas prendre"):
        call_back("order-2", "06 12 34 56 78", "jo@example.fr", given)
    with pytest.raises(ValueError, match=r"body\.number"):
        call_back("order-3", "06 12", "jo@example.fr", given)
    assert CallRequest.objects.count() == 1
    names["api"].close()


def test_commands() -> None:
    widget = make_widget()
    lines = [
        shlex.split(line)[1:]
        for block in examples("sh", "manage.py")
        for line in block.splitlines()
    ]
    assert [line[0] for line in lines] == [
        *("create_api_key", "create_api_key", "rotate_api_key", "revoke_api_key")
    ]
    with clock.set_to(datetime.fromisoformat("2026-05-31T12:00:00+02:00")):
        for line in lines:
            names = {"PUBLIC_ID": widget.public_id, "7": str(_newest())}
            words = [names.get(word, word) for word in line]
            call_command(*words, stdout=StringIO(), stderr=StringIO())
    shop, crm = ApiKey.objects.order_by("-pk")
    assert (crm.name, crm.scopes, crm.widget) == ("CRM", ["requests:read", "requests:write"], None)
    assert (shop.name, shop.widget) == ("Shop", widget)
    assert shop.previous_until == datetime.fromisoformat(TIME)
    assert shop.revoked_at is not None


def _yesterday() -> str:
    return (clock.now() - timedelta(days=1)).isoformat()


def _newest() -> int | None:
    return ApiKey.objects.order_by("-pk").values_list("pk", flat=True).first()
