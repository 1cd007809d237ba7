"""make demo: one command, nothing set, and a phone rings; Ctrl-C, and nothing is left."""

import json
import re
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes.running import Running, alive, refusal
from tests.support.servers import free_port
from tests.support.visitor import ask_for_a_call

pytestmark = pytest.mark.slow

DEMO = "deploy/demo.py"


@pytest.fixture
def given(tmp_path):
    """What a test must choose so as not to meet a demo that runs on this machine."""
    port, sandbox_port, shop_port = free_port(), free_port(), free_port()
    return {
        "DEMO_DIR": str(tmp_path / "demo"),
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "SHOP_PORT": str(shop_port),
    }


@pytest.mark.minutes
def test_a_visitor_is_called_ctrl_c_ends_everything_and_a_second_start_keeps_the_data(given):
    calls = f"http://127.0.0.1:{given['SANDBOX_PORT']}/sandbox/calls?at_least=1&wait=20"
    with Running(DEMO, **given) as demo:
        shop = demo.word_after("The shop")
        page = demo.word_after("The form")
        phone = demo.word_after("The phone")
        login = demo.wait_for_line("user demo, password")
        demo.wait_for_line("Connected to the sandbox: no real phone rings.")
        demo.wait_for_line("Press Ctrl-C to stop everything.")
        assert page.startswith(f"http://localhost:{given['PORT']}/w/")
        assert shop == f"http://shop.localhost:{given['SHOP_PORT']}/"
        with urllib.request.urlopen(
            shop.replace("shop.localhost", "127.0.0.1"), timeout=30
        ) as answer:
            assert f"{page.rpartition('/w/')[0]}/embed/v1.js" in answer.read().decode()
        assert ask_for_a_call(page, "06 12 34 56 78", "Jo@Example.fr").status == 200
        with urllib.request.urlopen(calls, timeout=30) as answer:
            (call,) = json.load(answer)["calls"]
        assert (call["destination"], call["email"]) == ("+33612345678", "Jo@Example.fr")
        with urllib.request.urlopen(phone, timeout=30) as answer:
            assert answer.status == 200
        password = re.search(r"password (\w{16}) \(shown once\)", login)[1]
        processes = demo.descendants()
        assert len(processes) >= 5
        assert demo.end(signal.SIGINT) == 0
        assert alive(processes) == []
    for name in ("PORT", "SANDBOX_PORT", "SHOP_PORT"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(given[name])))

    with Running(DEMO, **given) as demo:
        assert demo.word_after("The form") == page
        again = demo.wait_for_line("user demo, password unchanged")
        assert "changepassword demo" in again
        demo.wait_for_line("Press Ctrl-C to stop everything.")
        assert password not in "\n".join(demo.lines)
        assert demo.end(signal.SIGINT) == 0
    written = b"".join(path.read_bytes() for path in Path(given["DEMO_DIR"]).rglob("*.log"))
    assert b"612345678" not in written
    assert b"Jo@Example" not in written
    assert password.encode() not in written


@pytest.mark.minutes
def test_with_credentials_of_ones_own_there_is_no_sandbox_and_it_says_which_service(given):
    own = {
        "UHLIVE_CLIENT_ID": "my-client",
        "UHLIVE_CLIENT_SECRET": "my-secret",
        "UHLIVE_TOKEN_URL": "http://localhost:9/token",
        "UHLIVE_CALL_URL": "http://localhost:9/call",
    }
    with Running(DEMO, **given, **own) as demo:
        demo.wait_for_line("Connected to another call service (localhost:9).")
        demo.wait_for_line("Numbers typed into the form are really called.")
        demo.wait_for_line("Press Ctrl-C to stop everything.")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(given["SANDBOX_PORT"])))
        assert demo.end(signal.SIGTERM) == 0
    assert "The phone" not in "\n".join(demo.lines)


@pytest.mark.slow
@pytest.mark.minutes
def test_a_history_is_made_once_and_never_meets_the_real_service(given):
    with Running(DEMO, "--history", **given) as demo:
        demo.wait_for_line("Filling the demo with a month of requests")
        demo.wait_for_line("100 of ")
        demo.wait_for_line("Press Ctrl-C to stop everything.")
        assert not any("call_placed" in line for line in demo.lines)
        assert demo.end(signal.SIGINT) == 0
    with Running(DEMO, "--history", **given) as demo:
        demo.wait_for_line("Left out: there are requests already.")
        demo.wait_for_line("Press Ctrl-C to stop everything.")
        assert demo.end(signal.SIGINT) == 0
    own = {"UHLIVE_CLIENT_ID": "my-client", "UHLIVE_CLIENT_SECRET": "my-secret"}
    assert "made-up numbers" in refusal(DEMO, **given, **own)


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT", "SHOP_PORT"])
def test_a_port_in_use_is_one_sentence_before_anything_is_made(given, name):
    with socket.create_server(("127.0.0.1", int(given[name]))):
        port = int(given[name])
        assert refusal(DEMO, **given) == (
            f"Cannot start: Port {port} is already in use. "
            "Stop the program that uses it, or choose another: "
            f"{name}={port + 1} make demo"
        )
    assert not (Path(given["DEMO_DIR"]) / "db.sqlite3").exists()


def test_one_credential_alone_is_one_sentence(given):
    sentence = refusal(DEMO, **given, UHLIVE_CLIENT_ID="me")
    assert sentence.startswith("Cannot start: UHLIVE_CLIENT_ID is set, but UHLIVE_CLIENT_SECRET")


def test_a_folder_that_cannot_be_made_is_one_sentence(given, tmp_path):
    (tmp_path / "file").touch()
    given["DEMO_DIR"] = str(tmp_path / "file" / "demo")
    assert "cannot be written" in refusal(DEMO, **given)


def test_a_wrong_setting_is_one_sentence(given):
    assert refusal(DEMO, **given, WORKERS="many").startswith("Cannot start: WORKERS")


def test_a_database_that_is_away_is_one_sentence_without_its_password(given):
    url = "postgres://jo:geheim@127.0.0.1:9/shop"
    sentence = refusal(DEMO, **given, DATABASE_URL=url)
    assert sentence.startswith("Cannot start: The database shop on 127.0.0.1 cannot be used")
    assert "geheim" not in sentence


def test_without_its_environment_the_command_says_how_to_start_it():
    assert "with make demo" in refusal("manage.py", "demo", SECRET_KEY="s" * 40, DEBUG="true")
