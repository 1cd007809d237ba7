"""The settings of unfold: names, colours, style sheets and the menu."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from callbacks.accounts.roles import SEE_CALLING, SEE_REQUESTS, SEE_TRAIL, may_copy_out, may_erase


def _may(*permissions: str) -> Any:
    """Return a function that tells the menu whether the person has one of the permissions."""
    return lambda request: any(request.user.has_perm(name) for name in permissions)


def _icon(request: HttpRequest) -> str:
    """Return the address of the icon."""
    return static("staff/icon.svg")


def _stylesheet(request: HttpRequest) -> str:
    """Return the address of the main style sheet."""
    return static("staff/staff.css")


def _dashboard_stylesheet(request: HttpRequest) -> str:
    """Return the address of the overview's style sheet."""
    return static("staff/dashboard.css")


def _narrow_stylesheet(request: HttpRequest) -> str:
    """Return the address of the style sheet for narrow screens."""
    return static("staff/narrow.css")


def _script(request: HttpRequest) -> str:
    """Return the address of the main script."""
    return static("staff/staff.js")


def _navigation_script(request: HttpRequest) -> str:
    """Return the address of the menu's script."""
    return static("staff/navigation.js")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Callbacks"),
    "SITE_HEADER": _("Callbacks"),
    "SITE_SYMBOL": "phone_callback",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SITE_URL": None,  # the site has no front page
    "LOGIN": {"form": "callbacks.staff.accounts.sign_in_form.SignInForm"},
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("admin:language")},
    "ACCOUNT": {
        "navigation": [
            {
                "title": _("Two-factor sign-in"),
                "link": reverse_lazy("admin:second_step_manage"),
            },
        ],
    },
    "STYLES": [_stylesheet, _dashboard_stylesheet, _narrow_stylesheet],
    "SCRIPTS": [_script, _navigation_script],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
    "SIDEBAR": {
        "navigation": [
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
                        "permission": lambda request: (
                            may_copy_out(request.user) or may_erase(request.user)
                        ),
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
        ],
    },
}
