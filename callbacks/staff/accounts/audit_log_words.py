"""Entries of the audit log in words, in the language of the page."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from callbacks.models import AlertKind, AuditEntry, TeamMailRecipient
from callbacks.staff.accounts import hours_change_words, roles, session_end
from callbacks.staff.common.formatting import moment

# Fields of forms that have no column of the same name.
_FIELDS: dict[str, Promise] = {
    "texts": gettext_lazy("texts"),
    "groups": gettext_lazy("roles"),
    "permissions": gettext_lazy("permissions"),
    "password1": gettext_lazy("password"),
}


def about(entry: AuditEntry, reader: User) -> SafeString | str:
    """Return what the entry is about, with a link to its page if the reader may open it."""
    text = _name_of(entry)
    address = _address(entry, reader)
    return format_html('<a class="staff-link" href="{}">{}</a>', address, text) if address else text


def detail(entry: AuditEntry) -> SafeString:
    """Return the other facts of the entry, in words."""
    known = [
        _WORDS[name](value, entry)
        for name, value in sorted(entry.facts.items(), key=_place)
        if name in _WORDS
    ]
    parts = [part for part in [*known, entry.detail] if part]
    return format_html_join(pgettext("between facts", "; "), "{}", ((part,) for part in parts))


def _name_of(entry: AuditEntry) -> str:
    """Return the name of what the entry is about."""
    if entry.object_type == "callbacks.block":
        return _("Entry #%(pk)s") % {"pk": entry.object_id}
    if entry.object_type == "auth.group":
        return str(roles.name_of(entry.about))
    return entry.about


def _address(entry: AuditEntry, reader: User) -> str:
    """Return the address of what the entry is about.

    It is empty if the row was deleted, has no page, or may not be seen by the reader.
    """
    if not entry.object_type or entry.action.endswith(".delete"):
        return ""
    app, __, model = entry.object_type.partition(".")
    if not any(reader.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change")):
        return ""
    try:
        if entry.object_type == "callbacks.erasure":
            return reverse("admin:certificate", args=[entry.about])
        return reverse(f"admin:{app}_{model}_change", args=[entry.object_id])
    except NoReverseMatch:
        return ""


def _changed(names: Iterable[str], entry: AuditEntry) -> str:
    """Return the names of the changed fields."""
    listed = ", ".join(_field(name, entry.object_type) for name in names)
    return _("changed: %(fields)s") % {"fields": listed} if listed else ""


def _field(name: str, object_type: str) -> str:
    """Return the name of a form's field, as people read it."""
    if name in _FIELDS:
        return str(_FIELDS[name])
    try:
        field = apps.get_model(object_type)._meta.get_field(name)
        return str(getattr(field, "verbose_name", name))
    except (LookupError, ValueError, FieldDoesNotExist):
        return name


def _notices(names: Iterable[str], entry: AuditEntry) -> str:
    """Return what a recipient of team emails is told."""
    return ", ".join(_field(f"wants_{name}", TeamMailRecipient._meta.label) for name in names)


def _roles(names: list[str], entry: AuditEntry) -> str:
    listed = ", ".join(str(roles.name_of(name)) for name in names)
    return _("roles: %(names)s") % {"names": listed} if names else ""


def _ended(why: str, entry: AuditEntry) -> str:
    """Return why the session ended."""
    reasons = {
        session_end.IDLE: _("no activity"),
        session_end.OLD: _("maximum session length reached"),
    }
    return reasons.get(why, why)


def _alert(kind: str, entry: AuditEntry) -> str:
    return str(dict(AlertKind.choices).get(kind, kind))


def _filter(query: str, entry: AuditEntry) -> SafeString | str:
    """Return a link to the filtered list."""
    if not query:
        return ""
    address = reverse("admin:callbacks_callrequest_changelist")
    return format_html(
        '<a class="staff-link" href="{}?{}">{}</a>', address, query, _("the filtered list")
    )


def _masked(is_masked: bool, entry: AuditEntry) -> str:
    return _("numbers and emails hidden") if is_masked else _("numbers and emails in full")


# How each fact is written. Facts stand in this order.
_WORDS: dict[str, Callable[[Any, AuditEntry], str]] = {
    "kind": _alert,
    "origin": lambda site, entry: str(site),
    "copy_of": lambda name, entry: _("copy of “%(name)s”") % {"name": name},
    "changed": _changed,
    "hours": lambda lines, entry: hours_change_words.words(lines),
    "moved_from": lambda time, entry: (
        _("from %(time)s") % {"time": moment(datetime.fromisoformat(str(time)))}
    ),
    "moved_to": lambda time, entry: (
        _("to %(time)s") % {"time": moment(datetime.fromisoformat(str(time)))}
    ),
    "until": lambda time, entry: (
        _("until %(time)s") % {"time": moment(datetime.fromisoformat(str(time)))}
    ),
    "roles": _roles,
    "superuser": lambda value, entry: _("superuser") if value else "",
    "inactive": lambda value, entry: _("deactivated") if value else "",
    "requests": lambda n, entry: ngettext("%(n)d request", "%(n)d requests", n) % {"n": n},
    "entries": lambda n, entry: ngettext("%(n)d entry", "%(n)d entries", n) % {"n": n},
    "problems": lambda n, entry: (
        ngettext("%(n)d problem found", "%(n)d problems found", n) % {"n": n}
    ),
    "format": lambda name, entry: str(name).upper(),
    "masked": _masked,
    "filter": _filter,
    "ended": _ended,
    "by_hand": lambda value, entry: _("email not sent: link shown instead"),
    "unknown_account": lambda value, entry: _("no such account"),
    "recovery_code": lambda value, entry: _("with a recovery code"),
    "scopes": lambda names, entry: _("scopes: %(names)s") % {"names": ", ".join(names)},
    "only_widget": lambda name, entry: _("for the widget “%(name)s” only") % {"name": name},
    "recipient": lambda pk, entry: _("recipient #%(pk)s") % {"pk": pk},
    "notices": _notices,
    "with_contact": lambda value, entry: _("with numbers and emails in full") if value else "",
    "count": lambda n, entry: ngettext("%(n)d message", "%(n)d messages", n) % {"n": n},
    "key": lambda name, entry: _("by the API key “%(name)s”") % {"name": name},
    "operator": lambda name, entry: _("by %(name)s, on the command line") % {"name": name},
}
_PLACES = {name: place for place, name in enumerate(_WORDS)}


def _place(fact: tuple[str, Any]) -> int:
    """Return the place of a fact among the others of its entry."""
    return _PLACES.get(fact[0], len(_PLACES))
