"""No page shows a secret, whoever looks and whatever fails; the repository holds none."""

import re
import subprocess
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.support.samples.addresses import every_address
from tests.support.sandbox_process import ROOT
from tests.support.staff.pages import signed_in

SECRETS = {
    "SECRET_KEY": "s3cr3t-key-" * 5,
    "HASH_KEY": "h4sh-key-" * 5,
    "ENCRYPTION_KEYS": [Fernet.generate_key().decode()],
    "UHLIVE_CLIENT_ID": "cl13nt-id",
    "UHLIVE_CLIENT_SECRET": "cl13nt-secret",
}
VALUES = [value[0] if isinstance(value, list) else str(value) for value in SECRETS.values()]


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    for name, value in SECRETS.items():
        setattr(settings, name, value)


def secrets_in(answer: Any) -> list[str]:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = content.decode(errors="replace") + str(dict(answer.headers))
    return [value for value in VALUES if value in text]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_shows_one(method: str) -> None:
    chief = User.objects.create(username="chief", is_staff=True, is_superuser=True, password="!")
    for client in (Client(), signed_in(chief)):
        for address in every_address():
            if not address.endswith("logout/"):
                assert secrets_in(getattr(client, method)(address)) == [], address


@pytest.mark.long
@pytest.mark.django_db
def test_nor_does_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(" ".join(VALUES))

    addresses = every_address()
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)
    client = Client(raise_request_exception=False)
    statuses = set()
    for address in addresses:
        answer = client.get(address)
        statuses.add(answer.status_code)
        assert secrets_in(answer) == [], address
    assert 500 in statuses


# What a secret looks like where it does not belong.
SUSPICIOUS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ",  # a token
    r"(?i)\b(secret|password|passwd|token|api_?key)\b['\"]?\s*[:=]\s*['\"][A-Za-z0-9+/_=-]{24,}['\"]",
    r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[bap]-[A-Za-z0-9-]{20,})\b",
)
# Made for the tests, for servers on loopback.
KNOWN = ("tests/support/call_service/certs/",)


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not in a repository")
def test_the_repository_holds_none() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    assert len(names) > 300
    assert [name for name in names if re.search(r"(^|/)\.env|\.(pem|key|sqlite3)$", name)] == [
        name for name in names if name.startswith(KNOWN) and name.endswith((".pem", ".key"))
    ]
    found = []
    for name in names:
        path = ROOT / name
        if name.startswith(KNOWN) or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        found += [(name, mark) for mark in SUSPICIOUS if re.search(mark, text)]
    assert [one for one in found if one[0] != "tests/security/test_secrets.py"] == []


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        f"password = '{'a1' * 15}'",
        f'"api_key": "{"a1" * 15}"',
        f"ghp_{'a1' * 20}",
        f"Bearer eyJ{'a' * 30}.eyJ",
    ],
)
def test_one_would_be_found(text: str) -> None:
    assert any(re.search(mark, text) for mark in SUSPICIOUS)
