"""A wrong password takes the same work for every account and for none, so no time tells which."""

import re
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.staff.signing_in import browser, send_password, with_password

pytestmark = pytest.mark.django_db

WRONG = "a wrong passphrase of some length"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each password that is hashed, by whatever of Django's ways."""
    found: list[str] = []
    hasher = hashers.get_hasher("default")
    really = type(hasher).encode

    def encode(self: Any, password: str, *args: Any, **more: Any) -> str:
        found.append(password)
        return str(really(self, password, *args, **more))

    monkeypatch.setattr(type(hasher), "encode", encode)
    return found


def account(name: str, **fields: Any) -> User:
    return with_password(User(username=name, email=f"{name}@example.fr", is_staff=True, **fields))


def test_a_wrong_password(hashed: list[str]) -> None:
    account("active")
    account("deactivated", is_active=False)
    invited = account("invited")
    invited.set_unusable_password()
    invited.save()
    for form in ("{}", "{}@example.fr"):
        work = set()
        for name in ("active", "deactivated", "invited", "nobody"):
            AccessAttempt.objects.all().delete()
            hashed.clear()
            with CaptureQueriesContext(connection) as captured:
                answer = send_password(browser(), form.format(name), WRONG)
            assert "is wrong" in answer.content.decode()
            tables = [" ".join(re.findall(r'FROM "(\w+)"', one["sql"])) for one in captured]
            work.add((len(hashed), tuple(tables)))
        assert len(work) == 1, (form, work)
        ((times, _tables),) = work
        assert times == 2
