"""How unfold shows the admin: names, colours, style sheets, scripts, and where the menu is made."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

# Lazy, because the address of a static file is known only once the settings are loaded.
_static = lazy(static, str)

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Callbacks"),
    "SITE_HEADER": _("Callbacks"),
    "SITE_SYMBOL": "phone_callback",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("staff/icon.svg")}],
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
    "STYLES": [
        _static("staff/staff.css"),
        _static("staff/dashboard.css"),
        _static("staff/narrow.css"),
        _static("staff/hours.css"),
        _static("staff/bookings.css"),
    ],
    "SCRIPTS": [_static("staff/staff.js"), _static("staff/navigation.js")],
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
    "SIDEBAR": {"navigation": "callbacks.staff.site.navigation.menu"},
}
