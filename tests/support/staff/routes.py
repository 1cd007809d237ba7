"""The routes of the admin, whom each one answers, and what to ask them with.

A new route goes into `TABLE`.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLResolver, reverse

from callbacks.abuse import block_list
from callbacks.accounts import api_keys, audit_log
from callbacks.core import clock
from callbacks.models import (
    Alert,
    AlertKind,
    CallOutcome,
    Channel,
    ConsentText,
    Erasure,
    MessageKind,
    OutboxMessage,
    Refusal,
    Scope,
    Status,
    Topic,
    WebhookEvent,
)
from callbacks.team_mails import recipients
from callbacks.team_mails.recipients import Notice
from callbacks.webhooks import endpoints
from tests.support.extra_fields import NAME, ORDER
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import make_staff, signed_in
from tests.support.staff.roles import ROLES, member
from tests.support.staff.signing_in import with_phone

PASSWORD_ALONE, STRANGER, NEWCOMER, CHIEF = "password alone", "stranger", "newcomer", "chief"
EVERYBODY = (STRANGER, PASSWORD_ALONE, NEWCOMER, *ROLES, CHIEF)

# By a letter each: who is signed in by nothing, by a password alone (the second step is missing),
# staff without any rights, the three groups, and a superuser.
PEOPLE = dict(zip("SPNVOMC", EVERYBODY, strict=True))

# Whom the route answers, by GET and by POST. Django's short address of a row sends everybody on to
# the page that asks for the rights.
TABLE = {
    "calling": ("VOMC", "MC"),
    "bookings": ("VOMC", ""),
    "health": ("VOMC", ""),
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
    "callbacks_calloutcome_changelist": ("VOMC", "VOMC"),
    "callbacks_calloutcome_add": ("", ""),
    "callbacks_calloutcome_history": ("VOMC", "VOMC"),
    "callbacks_calloutcome_delete": ("", ""),
    "callbacks_calloutcome_change": ("VOMC", ""),
    "callbacks/calloutcome/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_outboxmessage_changelist": ("VOMC", "VOMC"),
    "callbacks_outboxmessage_add": ("", ""),
    "callbacks_outboxmessage_history": ("VOMC", "VOMC"),
    "callbacks_outboxmessage_delete": ("", ""),
    "callbacks_outboxmessage_change": ("VOMC", ""),
    "callbacks/outboxmessage/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_apikey_revoke": ("MC", "MC"),
    "callbacks_apikey_changelist": ("MC", "MC"),
    "callbacks_apikey_add": ("MC", "MC"),
    "callbacks_apikey_history": ("MC", "MC"),
    "callbacks_apikey_delete": ("", ""),
    "callbacks_apikey_change": ("MC", ""),
    "callbacks/apikey/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_webhookendpoint_new": ("MC", "MC"),
    # Its example of a name is none that it knows: whoever may do nothing is refused first.
    "callbacks_webhookendpoint_act": ("", ""),
    "callbacks_webhookendpoint_changelist": ("MC", "MC"),
    "callbacks_webhookendpoint_add": ("", ""),
    "callbacks_webhookendpoint_history": ("MC", "MC"),
    "callbacks_webhookendpoint_delete": ("", ""),
    "callbacks_webhookendpoint_change": ("MC", ""),
    "callbacks/webhookendpoint/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_refusal_changelist": ("MC", "MC"),
    "callbacks_refusal_add": ("", ""),
    "callbacks_refusal_history": ("MC", "MC"),
    "callbacks_refusal_delete": ("", ""),
    "callbacks_refusal_change": ("MC", ""),
    "callbacks/refusal/<path:object_id>/": ("NVOMC", "NVOMC"),
    "callbacks_callrequest_act": ("OMC", "OMC"),
    "callbacks_callrequest_note": ("", "OMC"),
    "callbacks_callrequest_reschedule": ("OMC", "OMC"),
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
    "callbacks_widget_hours": ("", "VOMC"),
    "callbacks_widget_offer": ("VOMC", ""),
    "callbacks_widget_check": ("", "VOMC"),
    "callbacks_widget_allow": ("MC", "MC"),
    "callbacks_widget_pause": ("MC", "MC"),
    "callbacks_widget_duplicate": ("MC", "MC"),
    "callbacks_widget_secret": ("MC", "MC"),
    "callbacks_widget_field_add": ("MC", "MC"),
    "callbacks_widget_field": ("MC", "MC"),
    "callbacks_widget_field_remove": ("MC", "MC"),
    "callbacks_widget_field_restore": ("MC", "MC"),
    "callbacks_widget_topic_add": ("MC", "MC"),
    "callbacks_widget_topic": ("MC", "MC"),
    "callbacks_widget_topic_remove": ("MC", "MC"),
    "callbacks_widget_mails": ("MC", "MC"),
    "callbacks_widget_mails_remove": ("MC", "MC"),
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
    """Return every route of the admin: its pattern, and its name or, without one, its path."""

    def walk(patterns: Any, before: str) -> Iterator[tuple[str, str]]:
        for entry in patterns:
            path = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, path)
            else:
                yield path, entry.name or path

    yield from walk(admin.site.urls[0], "")


def make_rows() -> dict[str, int]:
    """Make one row of each table, and return its primary key by the beginning of its routes."""
    widget = make_widget(extra_fields=[ORDER, NAME | {"is_retired": True}])
    labels = {"en": "Orders", "fr": "Commandes"}
    Topic.objects.create(widget=widget, key="order", labels=labels, target=widget, position=0)
    call_request = make_request(widget=widget, status=Status.FAILED, email="jo@example.fr")
    text = ConsentText.objects.create(
        widget=call_request.widget, language="fr", version=1, text="Yes", created_at=clock.now()
    )
    block, _ = block_list.add("domain", "spam.example")
    outcome = CallOutcome.objects.create(
        key="k", call_request=call_request, received_at=clock.now()
    )
    refusal = Refusal.objects.create(minute=clock.now(), widget=call_request.widget, kind="blocked")
    erasure = Erasure.objects.create(at=clock.now(), cause="request", certificate="ABC")
    alert = Alert.objects.create(kind=AlertKind.OUTAGE, raised_at=clock.now())
    message = OutboxMessage.objects.create(
        kind=MessageKind.ALERT,
        channel=Channel.WEBHOOK,
        alert=alert,
        created_at=clock.now(),
        due_at=clock.now(),
    )
    key, _secret = api_keys.create("Shop", [Scope.READ], call_request.widget)
    endpoint = endpoints.create("https://crm.example/hook", [WebhookEvent.CALLED], None)
    recipient = recipients.add(call_request.widget, "team@example.fr", [Notice.NEW], language="fr")
    return {
        "mails/": recipient.pk,
        "callbacks/apikey/": key.pk,
        "callbacks/webhookendpoint/": endpoint.pk,
        "callbacks/callrequest/": call_request.pk,
        "callbacks/consenttext/": text.pk,
        "callbacks/block/": block.pk,
        "callbacks/calloutcome/": outcome.pk,
        "callbacks/refusal/": refusal.pk,
        "callbacks/outboxmessage/": message.pk,
        "callbacks/erasure/": erasure.pk,
        "callbacks/auditentry/": audit_log.record(None, "sign_in").pk,
        "callbacks/widget/": call_request.widget_id,
        "auth/user/": User.objects.create(username="somebody", password="!").pk,
        "auth/group/": Group.objects.create(name="some").pk,
        "alerts/": alert.pk,
        "consent/": call_request.pk,
    }


def address_of(pattern: str, rows: dict[str, int]) -> str:
    """Return a path that fits `pattern`; `rows` as from `make_rows`."""
    pk = next((str(pk) for start, pk in rows.items() if pattern.startswith(start)), "1")
    path = pattern.replace("<int:recipient_pk>", str(rows["mails/"]))
    path = re.sub(r"<path:object_id>|<int:\w+>|<id>", pk, path)
    path = path.replace("<slug:name>", "retry").replace("<slug:number>", "ABC")
    path = path.replace("<slug:key>/restore", "name/restore").replace("<slug:key>", "order")
    path = path.replace("<uidb64>/<token>", "MQ/set-password")
    path = path.replace(r"^preview/(?P<colour>[0-9a-fA-F]{6})\.css$", "preview/112233.css")
    path = path.replace("^(?P<app_label>callbacks|auth)/$", "callbacks/")
    path = path.replace("(?P<url>.*)$", "no/such/page/")
    assert not set(path) & set("<>^$()"), path
    return reverse("admin:index") + path


def person(who: str) -> Client:
    """Return a client signed in as one of `EVERYBODY`."""
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
