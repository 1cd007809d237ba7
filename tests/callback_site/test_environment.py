"""A wrong environment stops the start with a sentence that names the variable."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.forked import ROOT
from tests.support.starting import GOOD, start

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("environment", [{}, {"UHLIVE_NOTHING_PLACED_STATUSES": "408, 425,503"}])
def test_a_right_one_starts(environment):
    done = start(**environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PUBLIC_URL", "callback.example.fr"),
        ("PUBLIC_URL", "https://example.fr/callback"),
        ("PUBLIC_URL", "https://callback.example.fr?x"),
        ("PUBLIC_URL", "https://exam\u2028ple.é.fr"),
        ("PUBLIC_URL", "https://callback example.fr"),
        ("PUBLIC_URL", "https://callback.example.fr,www.example.fr"),
        ("ALLOWED_HOSTS", "callback.example.fr,é\u2028.fr"),
        ("ALLOWED_HOSTS", "callback.example.fr www.example.fr"),
        ("ALLOWED_HOSTS", "https://callback.example.fr"),
        ("ALLOWED_HOSTS", "callback.example.fr:443"),
        ("PUBLIC_URL", "https://user:secret@callback.example.fr"),
        ("HOME_URL", "www.example.fr"),
        ("HOME_URL", "https://callback.example.fr/"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("CACHE_URL", "memcached://localhost"),
        ("QUEUE_URL", "amqp://localhost"),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("UHLIVE_CALL_URL", "http://call.uh.live/api/startcall"),
        ("UHLIVE_READ_TIMEOUT", "0"),
        ("UHLIVE_NOTHING_PLACED_STATUSES", "503,200"),
        ("UHLIVE_NOTHING_PLACED_STATUSES", "busy"),
        ("WORKERS", "none"),
        ("RATE_PER_ADDRESS", "many"),
        ("RATE_PER_KEY", "many"),
        ("ENCRYPTION_KEYS", "not-a-key"),
        ("HEARTBEAT_URL", "http://monitor.example.fr/ping"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_ADDRESSES", "10.0.0.0/8, monitor.example.fr"),
        ("SENTRY_DSN", "https://sentry.example/1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("ALERT_EMAILS", "a@example.fr; b@example.fr"),
        ("ALERT_EMAILS", "a@example.fr,Staff <b@example.fr>"),
        ("DEBUG", "perhaps"),
        ("TIME_ZONE", "Europe/Nowhere"),
        ("TIME_ZONE", "../etc/passwd"),
        ("TIME_ZONE", "Europe"),
    ],
)
def test_a_wrong_one_is_named_in_one_sentence(name, value):
    done = start(**{name: value})
    assert done.returncode != 0
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "package"),
    [
        ("SENTRY_DSN", "https://key@sentry.example/1", "sentry_sdk"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318", "opentelemetry"),
    ],
)
def test_one_whose_package_is_not_installed_says_how_to_install_it(
    tmp_path: Path, name: str, value: str, package: str
) -> None:
    assert start(**{name: value}).returncode == 0
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.modules[{package!r}] = None")
    done = start(**{name: value, "PYTHONPATH": str(tmp_path)})
    assert done.returncode != 0
    assert done.stderr == (
        f"Cannot start: {name} is set, but a package that it needs is not installed. Run "
        f"sh deploy/venv.sh requirements-monitoring.txt, or remove {name}.\n"
    )


@pytest.mark.parametrize("value", ["", " "], ids=["empty", "blank"])
@pytest.mark.parametrize(
    "name",
    [
        *("ALLOWED_HOSTS", "BIND", "HASH_KEY", "DATABASE_URL", "QUEUE_URL", "TIME_ZONE", "PORT"),
        *("EMAIL_HOST", "EMAIL_FROM", "RATE_PER_ADDRESS", "UHLIVE_CALL_URL"),
    ],
)
def test_an_empty_one_that_cannot_stay_empty_is_refused_in_one_sentence(
    name: str, value: str
) -> None:
    done = start(**{name: value})
    assert done.returncode != 0
    assert done.stderr.strip().endswith(f"{name} is empty. Give it a value, or remove it.")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_wrong_address_is_told_by_its_place_because_logs_hold_no_address() -> None:
    done = start(ALERT_EMAILS="a@example.fr, boss at example.fr")
    assert "ALERT_EMAILS must contain email addresses, separated by commas" in done.stderr
    assert "number 2 of 2 is not one." in done.stderr
    assert "boss" not in done.stderr


def test_one_that_may_be_empty_counts_as_not_set() -> None:
    names = ("HOME_URL", "CACHE_URL", "ENCRYPTION_KEYS", "ALERT_EMAILS")
    others = ("EMAIL_USER", "EMAIL_PASSWORD", "UHLIVE_NOTHING_PLACED_STATUSES")
    done = start(**dict.fromkeys((*names, *others, "METRICS_TOKEN", "METRICS_ADDRESSES"), ""))
    assert done.returncode == 0, done.stderr
    program = "from django.conf import settings as s; print(s.ALERT_EMAILS)"
    done = start("shell", "-v", "0", "-c", program, ALERT_EMAILS="a@example.fr, b@example.fr, ,")
    assert done.stdout.strip() == "['a@example.fr', 'b@example.fr']", done.stderr


@pytest.mark.parametrize("value", ["", None], ids=["empty", "not set"])
@pytest.mark.parametrize("missing", [*GOOD, "PUBLIC_URL SECRET_KEY", " ".join(GOOD)])
def test_all_that_is_missing_in_production_is_named_in_one_sentence(missing, value):
    names = missing.split()
    done = start(**dict.fromkeys(names, value))
    assert done.returncode != 0
    assert set(re.findall(r"[A-Z]+_[A-Z_]+", done.stderr)) == set(names)
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("mode", ["DEBUG", "DEMO"])
def test_while_developing_the_site_starts_with_a_secret_key_alone(mode):
    unset = dict.fromkeys(GOOD.keys() - {"SECRET_KEY"}, None)
    program = "from django.conf import settings as s; print(s.PUBLIC_URL)"
    done = start("shell", "-v", "0", "-c", program, **{mode: "true"}, **unset)
    assert done.stdout.strip() == "http://localhost:8000", done.stderr


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"WEB_PROCESSES": "2"}, "CACHE_URL"),
        ({"EMAIL_USE_TLS": "true", "EMAIL_USE_SSL": "true"}, "EMAIL_USE_SSL are both true"),
        (
            {
                "UHLIVE_TOKEN_URL": "http://127.0.0.1:8010/sandbox/token",
                "UHLIVE_CALL_URL": "http://127.0.0.1:8010/sandbox/api/startcall",
                "UHLIVE_CLIENT_ID": "sandbox-demo",
            },
            "demo and tests only",
        ),
        (
            {
                "DEMO": "true",
                "UHLIVE_TOKEN_URL": "http://127.0.0.1:8010/sandbox/token",
                "UHLIVE_CALL_URL": "http://127.0.0.1:8010/sandbox/api/startcall",
                "UHLIVE_CLIENT_ID": "the-real-one",
            },
            "it is never sent to the sandbox",
        ),
        ({"DEMO": "true", "UHLIVE_CLIENT_ID": "sandbox-demo"}, "the addresses are not"),
        (
            {
                "DEMO": "true",
                "UHLIVE_CLIENT_ID": "sandbox-demo",
                "UHLIVE_CALL_URL": "http://127.0.0.1:8010/sandbox/api/startcall",
            },
            "or neither",
        ),
    ],
    ids=["cache", "mail server", "no demo", "real credentials", "real addresses", "half"],
)
def test_what_does_not_go_together_is_refused(environment, word):
    done = start(**environment)
    assert done.returncode != 0
    assert word in done.stderr


def test_the_docs_list_every_variable():
    code = "".join(
        (ROOT / "callback_site" / name).read_text()
        for name in ("settings.py", "environment.py", "addresses.py", "storages.py")
    )
    read = set(re.findall(r'"([A-Z][A-Z_]+)"', code)) & set(re.findall(r"\b[A-Z][A-Z_]+\b", code))
    variables = {
        name
        for name in read
        if re.search(rf'(read\(|between\(|web_address\(|env,)\s*(env[.,]\w*,?\s*)?"{name}"', code)
        or re.search(rf'env\.\w+, "{name}"', code)
    }
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert len(variables) > 25
    assert variables - documented == set()
    assert documented - variables == set()


@pytest.mark.parametrize(
    ("environment", "required"),
    [({}, True), ({"DEMO": "true"}, False), ({"REQUIRE_TWO_FACTOR": "false"}, False)],
)
def test_the_second_step_is_required_outside_of_a_demo_unless_said_otherwise(environment, required):
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    code = "from callback_site import settings; print(settings.REQUIRE_TWO_FACTOR)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=inherited | GOOD | environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(required), done.stderr


def test_an_international_host_name_is_known_as_browsers_send_it():
    program = (
        "from django.conf import settings as s;"
        "print(s.PUBLIC_URL, *s.ALLOWED_HOSTS, *s.CSRF_TRUSTED_ORIGINS)"
    )
    for given in ("https://rappel.straße.fr:8443/", "HTTPS://Rappel.xn--strae-oqa.fr:8443"):
        host = "rappel.xn--strae-oqa.fr"
        done = start("shell", "-v", "0", "-c", program, PUBLIC_URL=given)
        assert done.stdout.split() == [
            *(f"https://{host}:8443", host, "localhost", "127.0.0.1", f"https://{host}:8443"),
        ], done.stderr
    done = start("shell", "-v", "0", "-c", program, ALLOWED_HOSTS="*,.Café.fr,[::1]")
    assert done.stdout.split()[1:4] == ["*", ".xn--caf-dma.fr", "[::1]"], done.stderr
