"""The audit trail: every action of staff, seen by who may, changed by nobody."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.accounts import audit_log
from callbacks.lifecycle import actions, retrying
from callbacks.models import AuditEntry, BlockKind, CallRequest, Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST as REQUESTS
from tests.support.staff.pages import action_url, make_staff, signed_in

pytestmark = pytest.mark.django_db

LIST = reverse("admin:callbacks_auditentry_changelist")


def told(*actions_: str) -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(action__in=actions_) if actions_ else AuditEntry.objects.all()
    return list(rows.order_by("pk").values_list("action", "person_name", "about"))


def test_each_action_on_a_request_is_told(agent: User) -> None:
    call_request = make_request(status=Status.FAILED)
    retrying.retry(call_request, agent)
    actions.cancel(call_request, agent)
    CallRequest.objects.filter(pk=call_request.pk).update(status=Status.UNCERTAIN)
    call_request.refresh_from_db()
    actions.mark_called(call_request, agent)
    actions.add_note(call_request, agent, "0612345678 prefers mornings")
    other = make_request(status=Status.FAILED)
    actions.close(other, agent)
    names = [audit_log.RETRY, audit_log.CANCEL, audit_log.MARK_CALLED, audit_log.NOTE]
    expected = [(name, "agent", call_request.public_id) for name in names]
    assert told() == [*expected, (audit_log.CLOSE, "agent", other.public_id)]
    assert not AuditEntry.objects.exclude(detail="").exists()


def test_what_was_not_done_is_not_told(agent: User) -> None:
    call_request = make_request(status=Status.FAILED)
    stale = CallRequest.objects.get(pk=call_request.pk)
    retrying.retry(call_request, agent)
    assert not actions.close(stale, agent)
    assert [action for action, *_ in told()] == [audit_log.RETRY]


def test_the_audit_log_names_no_number_and_no_email(agent: User) -> None:
    audit_log.record(agent, "x", "jean@example.fr +33612345678", "06 12 34 56 78, Jean@Example.fr")
    entry = AuditEntry.objects.get()
    assert "@" not in entry.about + entry.detail
    assert "12" not in entry.about + entry.detail


def test_a_block_tells_who_and_not_which_number(agent: User) -> None:
    block_list.add(BlockKind.NUMBER, "+33612345678", author=agent)
    block_list.add(BlockKind.NUMBER, "+33612345679")
    ((action, name, about),) = told()
    assert (action, name) == (audit_log.BLOCK, "agent")
    assert "612345" not in about


def test_accounts_and_groups_are_told(staff: Client, agent: User) -> None:
    password = "correct horse battery"
    group = Group.objects.get(name="managers")
    add = {"name": "New Colleague", "email": "new@example.fr", "role": group.pk}
    staff.post(reverse("admin:auth_user_add"), add)
    new = User.objects.get(username="new.colleague")
    new.set_password(password)
    new.save()
    change = {"username": "new.colleague", "email": "", "is_active": "on", "groups": [group.pk]}
    staff.post(reverse("admin:auth_user_change", args=[new.pk]), change)
    staff.post(
        reverse("admin:auth_user_password_change", args=[new.pk]),
        {"usable_password": "true", "password1": password + "!", "password2": password + "!"},
    )
    staff.post(reverse("admin:auth_user_delete", args=[new.pk]), {"post": "yes"})
    staff.post(reverse("admin:auth_group_add"), {"name": "trainees"})
    about = "new.colleague"
    entries = told("user.add", "user.change", "user.delete", "group.add")
    assert [entry[:2] for entry in entries] == [
        ("user.add", "chief"),
        ("user.change", "chief"),
        ("user.change", "chief"),
        ("user.delete", "chief"),
        ("group.add", "chief"),
    ]
    assert {entry[2] for entry in entries[:4]} == {about}
    changed = AuditEntry.objects.filter(action="user.change").order_by("pk")
    assert changed[0].facts["roles"] == ["managers"]
    assert changed[1].facts["changed"] == ["password"]
    assert not any(password in repr(entry.facts) for entry in changed)
    assert len(told(audit_log.PASSWORD)) == 2


def test_an_account_that_changes_its_password_is_told(staff: Client, chief: User) -> None:
    chief.set_password("the old one, long enough")
    chief.save()
    staff = signed_in(chief)
    staff.post(
        reverse("admin:password_change"),
        {
            "old_password": "the old one, long enough",
            "new_password1": "another one, long enough",
            "new_password2": "another one, long enough",
        },
    )
    assert told(audit_log.PASSWORD)[-1] == (audit_log.PASSWORD, "chief", "chief")


def test_the_audit_log_stays_when_the_account_goes(staff: Client, agent: User) -> None:
    actions.add_note(make_request(), agent, "hello")
    agent.delete()
    entry = AuditEntry.objects.get(action=audit_log.NOTE)
    assert (entry.person, entry.person_name) == (None, "agent")


def test_the_audit_log_is_searched_by_person_and_filtered_by_action_and_day(
    staff: Client, agent: User, onlooker: User
) -> None:
    actions.add_note(make_request(), agent, "hello")
    actions.close(make_request(status=Status.FAILED), agent)
    actions.add_note(make_request(), onlooker, "hello")

    def found(**query: str) -> set[tuple[str, str]]:
        rows = staff.get(LIST, query).context["cl"].result_list
        return {(entry.person_name, entry.action) for entry in rows}

    for typed in ("agen", "AGENT"):
        assert found(q=typed) == {("agent", audit_log.NOTE), ("agent", audit_log.CLOSE)}
    assert found(q="gent") == set()
    assert found(action=audit_log.NOTE) == {("agent", audit_log.NOTE), ("onlooker", audit_log.NOTE)}
    assert found(action=audit_log.NOTE, q="agent") == {("agent", audit_log.NOTE)}
    assert found(at_to="2020-01-01") == set()
    assert "Wrote a note" in staff.get(LIST).content.decode()
    agent.delete()
    assert found(q="agent") == {("agent", audit_log.NOTE), ("agent", audit_log.CLOSE)}


def test_nobody_adds_changes_or_deletes(staff: Client, agent: User) -> None:
    actions.add_note(make_request(), agent, "hello")
    entry = AuditEntry.objects.get(action=audit_log.NOTE)
    before = AuditEntry.objects.filter(pk=entry.pk).values().get()
    forged = {"action": "x", "person_name": "somebody else", "post": "yes"}
    assert staff.post(reverse("admin:callbacks_auditentry_add"), forged).status_code == 403
    for page in ("change", "delete"):
        address = reverse(f"admin:callbacks_auditentry_{page}", args=[entry.pk])
        assert staff.post(address, forged).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    staff.post(LIST, bulk)
    assert AuditEntry.objects.filter(pk=entry.pk).values().get() == before


def test_every_action_of_the_code_has_words() -> None:
    names = [
        value
        for name, value in vars(audit_log).items()
        if name.isupper() and isinstance(value, str)
    ]
    assert len(names) > 15
    assert set(names) <= set(audit_log.LABELS)


def test_only_who_may_see_it(agent: User) -> None:
    assert signed_in(agent).get(LIST).status_code == 403
    reader = signed_in(make_staff("reader", "view_auditentry"))
    assert reader.get(LIST).status_code == 200
    assert reader.get(REQUESTS).status_code == 403
    assert reader.get(action_url("retry")).status_code == 403


@pytest.mark.parametrize(
    ("facts", "english", "french"),
    [
        ({"requests": 1}, "1 request", "1 demande"),
        ({"requests": 3}, "3 requests", "3 demandes"),
        ({"entries": 12}, "12 entries", "12 entrées"),
        ({"copy_of": "Shop"}, "copy of “Shop”", "copie de « Shop »"),
        ({"ended": "idle"}, "no activity", "aucune activité"),
        ({"unknown_account": True}, "no such account", "compte inexistant"),
        ({"roles": ["managers"]}, "roles: Managers", "rôles : Responsables"),
        ({"format": "csv", "masked": True}, "CSV; numbers and emails hidden", "CSV ; numéros"),
    ],
)
def test_facts_are_told_in_words_of_the_readers_language(
    staff: Client, chief: User, facts: dict[str, audit_log.Fact], english: str, french: str
) -> None:
    audit_log.record(chief, "x", **facts)  # type: ignore[arg-type]
    for language, words in (("en", english), ("fr", french)):
        html = unescape(staff.get(LIST, headers={"accept-language": language}).text)
        cells = re.findall(r'<td class="field-shown_detail[^>]*>(.*?)</td>', html, re.S)
        assert cells[0].replace("\N{NO-BREAK SPACE}", " ").startswith(words), cells


def test_what_an_entry_is_about_is_a_link_for_who_may_open_it(staff: Client) -> None:
    call_request = make_request()
    for row in (call_request, call_request.widget, User.objects.create(username="marie")):
        audit_log.record(None, "x", row)
    change = [
        reverse(f"admin:callbacks_{name}_change", args=[pk])
        for name, pk in (("callrequest", call_request.pk), ("widget", call_request.widget_id))
    ]
    html = staff.get(LIST).text
    assert all(f'href="{address}"' in html for address in change)
    assert f">{call_request.widget}</a>" in html
    reader = signed_in(make_staff("reader", "view_auditentry", "view_widget"))
    html = reader.get(LIST).text
    assert [f'href="{address}"' in html for address in change] == [False, True]


def test_what_was_deleted_is_named_and_no_link(staff: Client, chief: User) -> None:
    widget = make_request().widget
    audit_log.record(chief, "widget.delete", widget)
    html = staff.get(LIST).text
    assert str(widget) in html
    assert reverse("admin:callbacks_widget_change", args=[widget.pk]) not in html
