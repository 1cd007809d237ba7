"""API keys: made and revoked by command, told once, never stored in clear, and counted."""

import hashlib
import json
import logging
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from callbacks.accounts import api_keys
from callbacks.api import problems
from callbacks.core import clock, redaction
from callbacks.models import ApiKey, AuditEntry, Scope
from tests.support.api import API, caller, check_problem, make_key
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import signed_in
from tests.support.staff.roles import member

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def get(secret: str, path: str = "/requests") -> int:
    return Client(headers={"authorization": f"Bearer {secret}"}).get(API + path).status_code


def test_the_command_shows_the_key_once_as_the_last_word() -> None:
    widget = make_widget(name="Shop")
    out, _ = create(
        "CRM", "--widget", widget.public_id, "--scope", "requests:read", "--scope", "numbers:read"
    )
    secret = out.split()[-1]
    assert re.fullmatch(r"cbk_[\w-]{43}", secret)
    key = ApiKey.objects.get()
    assert (key.name, key.widget, key.scopes) == ("CRM", widget, ["numbers:read", "requests:read"])
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest()
    stored = repr([list(m._base_manager.values()) for m in apps.get_models()])
    assert secret not in stored
    assert secret[4:20] not in stored
    entry = AuditEntry.objects.get(action="api_key.create")
    assert (entry.about, entry.facts["only_widget"]) == ("CRM", "Shop")
    assert get(secret) == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ("CRM",),
        ("CRM", "--scope", "everything"),
        ("", "--scope", "requests:read"),
        ("two\nlines", "--scope", "requests:read"),
        ("x" * 101, "--scope", "requests:read"),
        ("CRM", "--scope", "requests:read", "--widget", "nothing"),
    ],
)
def test_a_wrong_command_creates_no_key(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        create(*arguments)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_no_longer_works() -> None:
    secret = make_key(Scope.READ)
    pk = ApiKey.objects.get().pk
    out = StringIO()
    call_command("revoke_api_key", str(pk), stdout=out)
    assert "is revoked" in out.getvalue()
    assert get(secret) == 401
    call_command("revoke_api_key", str(pk), stdout=out)
    assert "already revoked" in out.getvalue()
    assert AuditEntry.objects.filter(action="api_key.revoke").count() == 1
    with pytest.raises(CommandError):
        call_command("revoke_api_key", "999999")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer cbk_wrong",
        "Bearer cbk_" + "x" * 5000,
        "Basic YTpi",
        "Bearer é\x80",
    ],
)
def test_without_a_valid_key_nothing_is_told(header: str | None) -> None:
    make_key(Scope.READ)
    call_request = make_request()
    client = Client() if header is None else Client(headers={"authorization": header})
    for path in ("/requests", f"/requests/{call_request.public_id}", "/widgets/x/slots"):
        response = client.get(API + path)
        check_problem(response, problems.KEY_NEEDED)
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_each_operation_needs_its_scope() -> None:
    call_request = make_request()
    reads = caller(Scope.READ)
    cancels = caller(Scope.WRITE)
    path = f"{API}/requests/{call_request.public_id}"
    document = check_problem(reads.post(f"{path}/cancel"), problems.SCOPE_MISSING)
    assert "requests:write" in document["detail"]
    check_problem(cancels.get(path), problems.SCOPE_MISSING)
    check_problem(cancels.get(f"{API}/requests"), problems.SCOPE_MISSING)
    call_request.refresh_from_db()
    assert call_request.status == "queued"


def test_a_key_of_one_widget_sees_and_changes_no_other() -> None:
    mine, other = make_request(), make_request()
    client = caller(*Scope, widget=mine.widget)
    listed = client.get(f"{API}/requests").json()["requests"]
    assert [one["id"] for one in listed] == [mine.public_id]
    theirs = f"{API}/requests/{other.public_id}"
    check_problem(client.get(theirs), problems.NOT_FOUND)
    check_problem(client.post(f"{theirs}/cancel"), problems.NOT_FOUND)
    check_problem(client.get(f"{API}/widgets/{other.widget.public_id}/slots"), problems.NOT_FOUND)
    query = {"widget": other.widget.public_id}
    assert client.get(f"{API}/requests", query).json()["requests"] == []


def test_its_use_is_counted_and_told(settings) -> None:
    settings.RATE_PER_KEY = "2/h"
    client, another = caller(Scope.READ), caller(Scope.READ)
    left = []
    for _ in range(2):
        response = client.get(f"{API}/requests")
        assert response.headers["RateLimit-Limit"] == "2"
        assert 0 < int(response.headers["RateLimit-Reset"]) <= 3600
        left.append(response.headers["RateLimit-Remaining"])
    assert left == ["1", "0"]
    refused = client.get(f"{API}/requests")
    check_problem(refused, problems.TOO_MANY)
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert another.get(f"{API}/requests").status_code == 200


def test_its_last_use_is_stored_once_a_minute() -> None:
    client = caller(Scope.READ)
    start = clock.now()
    seen = []
    for seconds in (0, 59, 61):
        with clock.set_to(start + timedelta(seconds=seconds)):
            client.get(f"{API}/requests")
        used = ApiKey.objects.get().last_used_at
        assert used is not None
        seen.append((used - start).total_seconds())
    assert seen == [0, 0, 61]


def test_no_key_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = make_key(Scope.READ)
    get(secret, f"/requests/{secret}")
    get(secret, "/nothing")
    assert secret not in caplog.text.replace(f"/requests/{secret}", "")
    assert redaction.scrub(f"GET /api/v1/requests/{secret} 404") == "GET /api/v1/requests/••• 404"


def test_staff_see_and_revoke_keys_after_a_question() -> None:
    secret = make_key(Scope.READ)
    key = ApiKey.objects.get()
    manager = signed_in(member("managers"))
    listing = manager.get(reverse("admin:callbacks_apikey_changelist")).content.decode()
    assert "Shop system" in listing
    assert f"…{key.ending}" in listing
    page = manager.get(reverse("admin:callbacks_apikey_change", args=[key.pk])).content.decode()
    ask = reverse("admin:callbacks_apikey_revoke", args=[key.pk])
    assert ask in page
    assert secret not in page + listing
    assert key.digest not in page + listing
    assert manager.get(ask).status_code == 200
    assert get(secret) == 200
    manager.post(ask)
    assert get(secret) == 401
    entry = AuditEntry.objects.get(action="api_key.revoke")
    assert (entry.person_name, entry.object_id) == ("one of the managers", key.pk)
    page = manager.get(reverse("admin:callbacks_apikey_change", args=[key.pk])).content.decode()
    assert ask not in page
    assert not api_keys.revoke(key)


def test_the_api_sets_no_cookie_and_reads_none() -> None:
    client = caller(Scope.READ)
    client.cookies["sessionid"] = "x" * 32
    response = client.get(f"{API}/requests")
    assert response.status_code == 200
    assert not response.cookies
    assert "Set-Cookie" not in response.headers
    assert json.loads(response.content)["requests"] == []
