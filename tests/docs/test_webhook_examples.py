"""The examples that check a signature are those of the documents, and they work."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from callbacks.webhooks import endpoints
from tests.support import programs
from tests.support.examples import example

BODY = '{"type":"callback.called","timestamp":"2026-06-01T12:00:00Z","data":{"page":"é"}}'
# Calls the example with the arguments of the command line and the body on its standard input.
CALL = """
[, $secret, $headers] = $argv;
$body = file_get_contents('php://stdin');
echo json_encode(receive($secret, json_decode($headers, true), $body));
"""


def headers(secret: str, at: datetime | None = None, body: str = BODY) -> dict[str, str]:
    at = at or datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": f"v1,AAAA {Webhook(secret).sign('msg_1', at, body)}",
    }


def received_by_python(secret: str, given: dict[str, str], folder: Path) -> Any:
    names: dict[str, Any] = {}
    exec(example("python"), names)  # the documents are ours
    return names["receive"](secret, given, BODY.encode())


def received_by_php(secret: str, given: dict[str, str], folder: Path) -> Any:
    program = programs.php()
    if program is None:
        pytest.skip("PHP is not installed")
    script = folder / "example.php"
    script.write_text(example("php") + CALL)
    done = subprocess.run(
        [program, script, secret, json.dumps(given)],
        input=BODY.encode(),
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


def received_by_node(secret: str, given: dict[str, str], folder: Path) -> Any:
    program = programs.node()
    if program is None:
        pytest.skip("Node is not installed")
    arguments = json.dumps([secret, given, BODY])
    code = f"{example('javascript')} console.log(JSON.stringify(receive(...{arguments})))"
    done = subprocess.run([program, "-e", code], capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("receive", [received_by_python, received_by_php, received_by_node])
def test_a_right_message_is_taken_and_a_wrong_one_is_not(receive: Any, tmp_path: Path) -> None:
    secret, other = endpoints._new_secret(), endpoints._new_secret()
    assert receive(secret, headers(secret), tmp_path)["type"] == "callback.called"
    assert receive(secret, headers(other), tmp_path) is None
    assert receive(secret, headers(secret, body=BODY + " "), tmp_path) is None
    old = datetime.now(UTC) - timedelta(hours=1)
    assert receive(secret, headers(secret, old), tmp_path) is None
