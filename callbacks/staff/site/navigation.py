"""The admin's menu. The settings give unfold the path of `menu`."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from callbacks.accounts.roles import SEE_CALLING, SEE_REQUESTS, SEE_TRAIL, may_copy_out, may_erase


def _may(*permissions: str) -> Any:
    """Return a function that tells the menu whether the person has one of the permissions."""
    return lambda request: any(request.user.has_perm(name) for name in permissions)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the menu. Unfold leaves out what the person may not see."""
    return MENU


MENU: list[dict[str, Any]] = [
    {
        "title": None,
        "items": [
            {
                "title": _("Overview"),
                "icon": "dashboard",
                "link": reverse_lazy("admin:index"),
            },
            {
                "title": _("Requests"),
                "icon": "call",
                "link": reverse_lazy("admin:callbacks_callrequest_changelist"),
                "permission": _may(*SEE_REQUESTS),
            },
            {
                "title": _("Bookings"),
                "icon": "event",
                "link": reverse_lazy("admin:bookings"),
                "permission": _may(*SEE_REQUESTS),
            },
            {
                "title": _("Call outcomes"),
                "icon": "fact_check",
                "link": reverse_lazy("admin:callbacks_calloutcome_changelist"),
                "permission": lambda request: (
                    bool(settings.UHLIVE_WEBHOOK_SECRET) and _may(*SEE_REQUESTS)(request)
                ),
            },
            {
                "title": _("Widgets"),
                "icon": "widgets",
                "link": reverse_lazy("admin:callbacks_widget_changelist"),
                "permission": _may("callbacks.view_widget", "callbacks.change_widget"),
            },
            {
                "title": _("Calling"),
                "icon": "power_settings_new",
                "link": reverse_lazy("admin:calling"),
                "permission": _may(*SEE_CALLING),
            },
            {
                "title": _("Outbox"),
                "icon": "outbox",
                "link": reverse_lazy("admin:callbacks_outboxmessage_changelist"),
                "permission": _may(*SEE_REQUESTS),
            },
            {
                "title": _("Audit trail"),
                "icon": "history",
                "link": reverse_lazy("admin:callbacks_auditentry_changelist"),
                "permission": _may(SEE_TRAIL),
            },
            {
                "title": _("Users"),
                "icon": "person",
                "link": reverse_lazy("admin:auth_user_changelist"),
                "permission": _may("auth.view_user", "auth.change_user"),
            },
            {
                "title": _("Roles"),
                "icon": "group",
                "link": reverse_lazy("admin:auth_group_changelist"),
                "permission": _may("auth.view_group", "auth.change_group"),
            },
            {
                "title": _("API keys"),
                "icon": "key",
                "link": reverse_lazy("admin:callbacks_apikey_changelist"),
                "permission": _may("callbacks.view_apikey", "callbacks.change_apikey"),
            },
            {
                "title": _("Webhooks"),
                "icon": "webhook",
                "link": reverse_lazy("admin:callbacks_webhookendpoint_changelist"),
                "permission": _may(
                    "callbacks.view_webhookendpoint", "callbacks.change_webhookendpoint"
                ),
            },
            {
                "title": _("Site health"),
                "icon": "monitor_heart",
                "link": reverse_lazy("admin:health"),
                "permission": _may(*SEE_CALLING),
            },
            {
                "title": _("Help"),
                "icon": "help",
                "link": reverse_lazy("admin:help"),
            },
        ],
    },
    {
        "title": _("Abuse and privacy"),
        "items": [
            {
                "title": _("Block list"),
                "icon": "block",
                "link": reverse_lazy("admin:callbacks_block_changelist"),
                "permission": _may(
                    "callbacks.view_block", "callbacks.add_block", "callbacks.delete_block"
                ),
            },
            {
                "title": _("Refusals"),
                "icon": "do_not_disturb_on",
                "link": reverse_lazy("admin:callbacks_refusal_changelist"),
                "permission": _may("callbacks.view_refusal"),
            },
            {
                "title": _("Personal data"),
                "icon": "person_search",
                "link": reverse_lazy("admin:privacy"),
                "permission": lambda request: may_copy_out(request.user) or may_erase(request.user),
            },
            {
                "title": _("Erasures"),
                "icon": "delete_forever",
                "link": reverse_lazy("admin:callbacks_erasure_changelist"),
                "permission": _may(
                    "callbacks.view_erasure",
                    "callbacks.export_callrequest",
                    "callbacks.erase_callrequest",
                ),
            },
            {
                "title": _("Storage periods"),
                "icon": "auto_delete",
                "link": reverse_lazy("admin:retention"),
                "permission": _may(
                    "callbacks.view_erasure",
                    "callbacks.export_callrequest",
                    "callbacks.erase_callrequest",
                ),
            },
            {
                "title": _("Consent texts"),
                "icon": "fact_check",
                "link": reverse_lazy("admin:callbacks_consenttext_changelist"),
                "permission": _may("callbacks.view_consenttext", "callbacks.view_widget"),
            },
            {
                "title": _("Integrity of proofs"),
                "icon": "verified_user",
                "link": reverse_lazy("admin:consent_check"),
                "permission": _may("callbacks.view_consenttext", "callbacks.view_widget"),
            },
        ],
    },
]
