"""What `make demo` is started with: kept where the caller said something, made up where not."""

import stat

import pytest
from environs import Env

from callback_site import storages
from callbacks.operations.demo_environment import Unusable, environment


def test_nothing_needs_to_be_set(tmp_path):
    made = environment({"PATH": "/bin"}, tmp_path / "demo")
    assert made["PATH"] == "/bin"
    assert made["DEMO"] == "true"
    assert made["PUBLIC_URL"] == "http://localhost:8000"
    assert made["UHLIVE_CALL_URL"] == "http://127.0.0.1:8010/sandbox/api/startcall"
    assert made["UHLIVE_CLIENT_ID"].startswith("sandbox-")
    assert made["DATABASE_URL"] == f"sqlite:///{tmp_path}/demo/db.sqlite3"


def test_secrets_are_random_kept_and_for_their_owner_only(tmp_path):
    first, second = (environment({}, tmp_path / "demo") for _ in range(2))
    other = environment({}, tmp_path / "other")
    for name in ("SECRET_KEY", "UHLIVE_CLIENT_SECRET"):
        assert first[name] == second[name] != other[name]
        assert len(first[name]) >= 32
    assert first["SECRET_KEY"] != first["UHLIVE_CLIENT_SECRET"]
    for path in (tmp_path / "demo").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "demo").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://db/x"),
        ("QUEUE_URL", "redis://q/0"),
        ("CACHE_URL", "redis://c/0"),
        ("PUBLIC_URL", "https://demo.example"),
        ("ALLOWED_HOSTS", "demo.example"),
        ("SECRET_KEY", "k" * 40),
        ("UHLIVE_READ_TIMEOUT", "3"),
    ],
)
def test_what_the_caller_set_is_kept(tmp_path, name, value):
    assert environment({name: value}, tmp_path)[name] == value


def test_the_host_of_the_public_address_is_allowed(tmp_path):
    hosts = environment({"PUBLIC_URL": "https://demo.example"}, tmp_path)["ALLOWED_HOSTS"]
    assert {"demo.example", "localhost", "127.0.0.1"} <= set(hosts.split(","))


def test_own_credentials_mean_the_real_service_and_no_sandbox(tmp_path):
    given = {"UHLIVE_CLIENT_ID": "me", "UHLIVE_CLIENT_SECRET": "mine", "SANDBOX_PORT": ""}
    made = environment(given, tmp_path)
    assert (made["UHLIVE_CLIENT_ID"], made["UHLIVE_CLIENT_SECRET"]) == ("me", "mine")
    # Without addresses the settings' own hold, which are the real ones.
    assert not {"UHLIVE_TOKEN_URL", "UHLIVE_CALL_URL", "SANDBOX_PORT"} & made.keys()


def test_own_addresses_are_kept_with_own_credentials(tmp_path):
    given = {
        "UHLIVE_CLIENT_ID": "me",
        "UHLIVE_CLIENT_SECRET": "mine",
        "UHLIVE_TOKEN_URL": "https://a.example/token",
        "UHLIVE_CALL_URL": "https://a.example/call",
    }
    made = environment(given, tmp_path)
    assert given.items() <= made.items()
    assert "SANDBOX_PORT" not in made


def test_a_leftover_sandbox_port_starts_no_sandbox_beside_the_real_service(tmp_path):
    given = {"UHLIVE_CLIENT_ID": "me", "UHLIVE_CLIENT_SECRET": "mine", "SANDBOX_PORT": "8010"}
    assert "SANDBOX_PORT" not in environment(given, tmp_path)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"UHLIVE_CLIENT_ID": "me"}, ["UHLIVE_CLIENT_ID is set", "UHLIVE_CLIENT_SECRET is not"]),
        ({"UHLIVE_CLIENT_SECRET": "s3"}, ["UHLIVE_CLIENT_ID is not"]),
        ({"UHLIVE_CLIENT_ID": "me", "UHLIVE_CLIENT_SECRET": ""}, ["UHLIVE_CLIENT_SECRET is not"]),
        ({"UHLIVE_CALL_URL": "https://a.example"}, ["UHLIVE_CALL_URL", "UHLIVE_CLIENT_ID"]),
        ({"PORT": "eight"}, ["PORT", "'eight'"]),
        ({"PORT": "65536"}, ["PORT"]),
        ({"SANDBOX_PORT": "0"}, ["SANDBOX_PORT"]),
        ({"PORT": "8010"}, ["PORT and SANDBOX_PORT are both 8010"]),
    ],
)
def test_a_contradiction_is_one_sentence_that_names_the_variables(tmp_path, given, named):
    with pytest.raises(Unusable) as refused:
        environment(given, tmp_path)
    sentence = str(refused.value)
    assert all(words in sentence for words in named), sentence
    assert "\n" not in sentence
    assert "s3" not in sentence


def test_a_path_with_odd_characters_still_leads_to_the_database(tmp_path, monkeypatch):
    folder = tmp_path / "a 100% odd #folder?"
    monkeypatch.setenv("DATABASE_URL", environment({}, folder)["DATABASE_URL"])
    assert storages.database(Env(), tmp_path)["NAME"] == str(folder / "db.sqlite3")
