"""Who may do what: every route of the admin, asked by GET and POST as everybody.

A new route that is not in `TABLE` fails. "May" means that the route answers; what it then does for
whom has tests of its own.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, reverse

from callbacks.abuse import block_list
from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.models import Alert, AlertKind, ConsentText, Erasure, Refusal, Status
from tests.support.factories import make_request
from tests.support.staff.pages import make_staff, signed_in
from tests.support.staff.roles import ROLES, member
from tests.support.staff.signing_in import with_phone

pytestmark = pytest.mark.django_db

PASSWORD_ALONE, STRANGER, NEWCOMER, CHIEF = "password alone", "stranger", "newcomer", "chief"
EVERYBODY = (STRANGER, PASSWORD_ALONE, NEWCOMER, *ROLES, CHIEF)

# By a letter each: who is signed in by nothing, by a password alone (the second step is missing),
# staff without any rights, the three groups, and a superuser.
PEOPLE = dict(zip("SPNVOMC", EVERYBODY, strict=True))

# Whom the route answers, by GET and by POST. Django's short address of a row sends everybody on to
# the page that asks for the rights.
TABLE = {
    "calling": ("VOMC", "MC"),
    "help": ("NVOMC", ""),
    "alert_over": ("", "OMC"),
    "language": ("", "NVOMC"),
    "second_step_manage": ("NVOMC", "NVOMC"),
    "second_step_check": ("PNVOMC", "PNVOMC"),
    "second_step_set_up": ("NVOMC", "NVOMC"),
    "second_step_leave": ("", ""),
    "admin_password_reset": ("SPNVOMC", "SPNVOMC"),
    "password_reset_done": ("SPNVOMC", ""),
    "password_reset_confirm": ("SPNVOMC", "SPNVOMC"),
    "invitation": ("SPNVOMC", "SPNVOMC"),
    "invitation_accepted": ("SPNVOMC", ""),
    "password_reset_complete": ("SPNVOMC", ""),
    "privacy": ("MC", "MC"),
    "retention": ("MC", ""),
    "certificate": ("MC", ""),
    "consent_check": ("VOMC", "VOMC"),
    "consent_proof": ("VOMC", "OMC"),
    "consent_json": ("VOMC", "OMC"),
    "index": ("NVOMC", "NVOMC"),
    "login": ("SNVOMC", "SPNVOMC"),
    "logout": ("SP", "SPNVOMC"),
    "password_change": ("NVOMC", "NVOMC"),
    "password_change_done": ("NVOMC", ""),
    "autocomplete": ("", ""),
    "jsi18n": ("NVOMC", ""),
    "callbacks_block_import": ("MC", "MC"),
    "callbacks_block_sample": ("MC", ""),
    "callbacks_block_show": ("", "MC"),
    "callbacks_block_changelist": ("MC", "MC"),
    "callbacks_block_add": ("MC", "MC"),
    "callbacks_block_history": ("MC", "MC"),
    "callbacks_block_delete": ("MC", "MC"),
    "callbacks_block_change": ("MC", ""),
    "callbacks/block/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_consenttext_changelist": ("VOMC", "VOMC"),
    "callbacks_consenttext_add": ("", ""),
    "callbacks_consenttext_history": ("VOMC", "VOMC"),
    "callbacks_consenttext_delete": ("", ""),
    "callbacks_consenttext_change": ("VOMC", ""),
    "callbacks/consenttext/<path:object_id>/": ("NVOMC", "NVOMC"),
    "auth_user_second_step_remove": ("", "C"),
    "auth_user_invite": ("", "MC"),
    "auth_user_password_change": ("MC", "MC"),
    "auth_user_changelist": ("MC", "MC"),
    "auth_user_add": ("MC", "MC"),
    "auth_user_history": ("MC", "MC"),
    "auth_user_delete": ("C", "C"),
    "auth_user_change": ("MC", "MC"),
    "auth/user/<path:object_id>/": ("NVOMC", "NVOMC"),
    "auth_group_changelist": ("C", "C"),
    "auth_group_add": ("C", "C"),
    "auth_group_history": ("C", "C"),
    "auth_group_delete": ("C", "C"),
    "auth_group_change": ("C", "C"),
    "auth/group/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_erasure_changelist": ("MC", "MC"),
    "callbacks_erasure_add": ("", ""),
    "callbacks_erasure_history": ("MC", "MC"),
    "callbacks_erasure_delete": ("", ""),
    "callbacks_erasure_change": ("MC", ""),
    "callbacks/erasure/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_refusal_changelist": ("MC", "MC"),
    "callbacks_refusal_add": ("", ""),
    "callbacks_refusal_history": ("MC", "MC"),
    "callbacks_refusal_delete": ("", ""),
    "callbacks_refusal_change": ("MC", ""),
    "callbacks/refusal/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_callrequest_act": ("OMC", "OMC"),
    "callbacks_callrequest_note": ("", "OMC"),
    "callbacks_callrequest_visitor": ("OMC", ""),
    "callbacks_callrequest_show": ("", "OMC"),
    "callbacks_callrequest_retried": ("", ""),
    # By GET it asks, or leads to the list where it isn't offered; the answer goes to "act".
    "callbacks_callrequest_retry_all": ("OMC", ""),
    "callbacks_callrequest_export": ("", "MC"),
    "callbacks_callrequest_changelist": ("VOMC", "VOMC"),
    "callbacks_callrequest_add": ("", ""),
    "callbacks_callrequest_history": ("VOMC", "VOMC"),
    "callbacks_callrequest_delete": ("", ""),
    "callbacks_callrequest_change": ("VOMC", ""),
    "callbacks/callrequest/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_auditentry_changelist": ("MC", "MC"),
    "callbacks_auditentry_add": ("", ""),
    "callbacks_auditentry_history": ("MC", "MC"),
    "callbacks_auditentry_delete": ("", ""),
    "callbacks_auditentry_change": ("MC", ""),
    "callbacks/auditentry/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_widget_preview": ("", "VOMC"),
    "callbacks_widget_preview_style": ("VOMC", ""),
    "callbacks_widget_check": ("", "VOMC"),
    "callbacks_widget_allow": ("MC", "MC"),
    "callbacks_widget_pause": ("MC", "MC"),
    "callbacks_widget_duplicate": ("MC", "MC"),
    "callbacks_widget_secret": ("MC", "MC"),
    "callbacks_widget_changelist": ("VOMC", "VOMC"),
    "callbacks_widget_add": ("MC", "MC"),
    "callbacks_widget_history": ("VOMC", "VOMC"),
    "callbacks_widget_delete": ("MC", "MC"),
    "callbacks_widget_change": ("VOMC", "MC"),
    "callbacks/widget/<path:object_id>/": ("NVOMC", "NVOMC"),
    "app_list": ("VOMC", "VOMC"),
    "(?P<url>.*)$": ("", ""),
}


def routes() -> Iterator[tuple[str, str]]:
    """Every route of the admin: its pattern, and its name where it has one."""

    def walk(patterns: Any, before: str) -> Iterator[tuple[str, str]]:
        for entry in patterns:
            path = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, path)
            else:
                yield path, entry.name or path

    yield from walk(admin.site.urls[0], "")


@pytest.fixture
def rows() -> dict[str, int]:
    """One row of each table, by the beginning of its routes."""
    call_request = make_request(status=Status.FAILED, email="jo@example.fr")
    text = ConsentText.objects.create(
        widget=call_request.widget, language="fr", version=1, text="Yes", created_at=clock.now()
    )
    block, _ = block_list.add("domain", "spam.example")
    refusal = Refusal.objects.create(minute=clock.now(), widget=call_request.widget, kind="blocked")
    erasure = Erasure.objects.create(at=clock.now(), cause="request", certificate="ABC")
    alert = Alert.objects.create(kind=AlertKind.OUTAGE, raised_at=clock.now(), try_at=clock.now())
    return {
        "callbacks/callrequest/": call_request.pk,
        "callbacks/consenttext/": text.pk,
        "callbacks/block/": block.pk,
        "callbacks/refusal/": refusal.pk,
        "callbacks/erasure/": erasure.pk,
        "callbacks/auditentry/": audit_log.record(None, "sign_in").pk,
        "callbacks/widget/": call_request.widget_id,
        "auth/user/": User.objects.create(username="somebody", password="!").pk,
        "auth/group/": Group.objects.create(name="some").pk,
        "alerts/": alert.pk,
        "consent/": call_request.pk,
    }


def address_of(pattern: str, rows: dict[str, int]) -> str:
    pk = next((str(pk) for start, pk in rows.items() if pattern.startswith(start)), "1")
    path = re.sub(r"<path:object_id>|<int:\w+>|<id>", pk, pattern)
    path = path.replace("<slug:name>", "retry").replace("<slug:number>", "ABC")
    path = path.replace("<uidb64>/<token>", "MQ/set-password")
    path = path.replace(r"^preview/(?P<colour>[0-9a-fA-F]{6})\.css$", "preview/112233.css")
    path = path.replace("^(?P<app_label>callbacks|auth)/$", "callbacks/")
    path = path.replace("(?P<url>.*)$", "no/such/page/")
    assert not set(path) & set("<>^$()"), path
    return reverse("admin:index") + path


def person(who: str) -> Client:
    if who == STRANGER:
        return Client()
    if who in ROLES:
        return signed_in(member(who))
    if who == PASSWORD_ALONE:
        manager = member("managers")
        User.objects.filter(pk=manager.pk).update(username="with a phone")
        return signed_in(with_phone(manager).user)
    if who == NEWCOMER:
        return signed_in(make_staff("newcomer"))
    return signed_in(
        User.objects.create(username="chief", is_staff=True, is_superuser=True, password="!")
    )


def may(client: Client, method: str, address: str) -> bool:
    """Whether the route answers, other than by a refusal or by sending on to the sign-in."""
    with transaction.atomic():
        answer = getattr(client, method)(address)
        transaction.set_rollback(True)
    assert answer.status_code < 500
    to = answer.headers.get("Location", "")
    sent_to_sign_in = any(
        to.startswith(reverse(f"admin:{name}")) for name in ("login", "second_step_check")
    )
    return answer.status_code in {200, 302, 400} and not sent_to_sign_in


def test_every_route_is_in_the_table() -> None:
    assert {name for _pattern, name in routes()} == set(TABLE)


@pytest.mark.slow
@pytest.mark.parametrize("letter", PEOPLE)
def test_each_route_answers_whom_the_table_names(
    letter: str, rows: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # a refusal is logged with its traceback, by hundreds
    cookies = person(PEOPLE[letter]).cookies
    wrong = []
    for pattern, name in routes():
        for method, allowed in zip(("get", "post"), TABLE[name], strict=True):
            client = Client(headers={"accept-language": "en"})
            client.cookies = cookies.copy()  # type: ignore[assignment]
            if may(client, method, address_of(pattern, rows)) != (letter in allowed):
                wrong.append(f"{method} {name}")
    assert wrong == []


def test_no_page_of_the_desk_knows_the_way_to_a_visitors_page() -> None:
    call_request = make_request(status=Status.FAILED)
    client = person(CHIEF)
    client.post(reverse("admin:callbacks_callrequest_show", args=[call_request.pk]))
    listing = reverse("admin:callbacks_callrequest_changelist")
    pages = [
        client.get(listing),
        client.get(f"{listing}{call_request.pk}/change/"),
        client.get(f"{listing}{call_request.pk}/visitor/"),
        client.post(reverse("admin:consent_proof", args=[call_request.pk])),
        client.post(reverse("admin:consent_json", args=[call_request.pk])),
        client.post(listing, {"q": call_request.token}, follow=True),
        client.post(f"{listing}export/", {"format": "csv"}),
        client.post(reverse("admin:privacy"), {"who": call_request.number, "action": "export"}),
    ]
    for page in pages:
        assert page.status_code == 200
        assert call_request.token not in page.getvalue().decode() + page.request["QUERY_STRING"]
    assert (
        f"/{call_request.pk}/change/" in pages[5].content.decode()
    )  # found by the visitor's address


def test_staff_see_what_the_visitor_sees_and_can_do_nothing_there() -> None:
    call_request = make_request(status=Status.QUEUED, number="+33612345678", language="en")
    address = reverse("admin:callbacks_callrequest_visitor", args=[call_request.pk])
    page = person("operators").get(address).content.decode()
    theirs = Client().get(call_request.get_absolute_url()).content.decode()
    for words in re.findall(r'<(?:h1|p) id="(?:title|text)">.*?</', theirs):
        assert words in page
    assert "Cancel this request" in theirs
    for way in ("<a ", "<form", "<script", "<button", "http-equiv", "Cancel this request"):
        assert way not in page
    assert "12 34 56" not in page
    assert "This is a copy of the visitor's page" in page
    assert 'data-status="queued"' in page
