"""The examples of docs/api.md are run as they stand there, against a live server."""

import json
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command

from callbacks.core import clock
from callbacks.models import ApiKey, CallRequest, Scope, Status, Widget
from tests.support import programs
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


# Ask three times, and print what each answer was, and how long each pause.
NODE = """
const pauses = [];
const paused = (done, pause) => done(pauses.push(pause / 1000));
const consent = { text: "Call me about my order.", given_at: "GIVEN_AT" };
const asked = (order, number) =>
  callBack(order, number, "jo@example.fr", consent).catch((error) => error.message);
(async () => {
  const answers = [];
  answers.push(await asked("order-1", "06 12 34 56 78"));
  answers.push(await asked("order-2", "06 12 34 56 78"));
  answers.push(await asked("order-3", "06 12"));
  console.log(JSON.stringify({ answers, pauses }));
})();
"""
PHP = """
$pauses = [];
function sleep(int $pause): void { $GLOBALS['pauses'][] = $pause; }
$consent = ['text' => 'Call me about my order.', 'given_at' => 'GIVEN_AT'];
$numbers = ['06 12 34 56 78', '06 12 34 56 78', '06 12'];
foreach ($numbers as $place => $number) {
    try {
        $answers[] = call_back("order-$place", $number, 'jo@example.fr', $consent);
    } catch (\\DomainException $error) {
        $answers[] = $error->getMessage();
    }
}
echo json_encode(['answers' => $answers, 'pauses' => $pauses]);
"""


def node(block: str, folder: Path) -> list[str | Path] | None:
    place = programs.node()
    assert "setTimeout(done," in block
    code = block.replace("setTimeout(done,", "paused(done,") + NODE
    return [place, "-e", code.replace("GIVEN_AT", _yesterday())] if place else None


def php(block: str, folder: Path) -> list[str | Path] | None:
    place, script = programs.php(), folder / "example.php"
    # In a name space, so that `sleep` is the one below.
    code = block.replace("<?php\n", "<?php\nnamespace Example;\n") + PHP
    script.write_text(code.replace("GIVEN_AT", _yesterday()))
    return [place, script] if place else None


@pytest.mark.parametrize(
    ("command", "language", "word"),
    [(node, "javascript", "callBack"), (php, "php", "call_back")],
    ids=["Node", "PHP"],
)
def test_other_languages(
    command: Any, language: str, word: str, live_server: Any, tmp_path: Path
) -> None:
    """The first answer is lost on its way, so the program asks again, with the same key."""
    widget = make_widget()
    [block] = examples(language, word)
    with losing_first_answer(live_server.url) as (url, lost):
        arguments = command(ready(block, url, widget), tmp_path)
        if arguments is None:
            pytest.skip(f"{language} is not installed")
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    told = json.loads(done.stdout)
    row = CallRequest.objects.get()
    first, second, third = told["answers"]
    assert first.endswith(f"/r/{row.token}/")
    assert second.startswith("Nous ne pouvons pas prendre")
    assert "body.number" in third
    assert (lost, told["pauses"]) == ([201], [1])


@contextmanager
def losing_first_answer(site: str) -> Iterator[tuple[str, list[int]]]:
    """Run a proxy in front of the site that loses the first answer; yield its address.

    The list gets the status of the answer that was lost.
    """
    lost: list[int] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names = ("Authorization", "Content-Type", "Idempotency-Key")
            sent = {name: self.headers[name] for name in names}
            answer = requests.post(site + self.path, data=body, headers=sent, timeout=20)
            if not lost:
                lost.append(answer.status_code)
                return  # and the connection is closed
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", lost
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
