"""What visitors are told about the company is entered in a tab of the widget's page."""

import pytest
from django.test import Client

from callbacks.models import AuditEntry, Widget
from tests.support.factories import make_widget
from tests.support.staff.widget_form import ADD, errors_of, filled_in

pytestmark = pytest.mark.django_db


def test_what_was_typed_is_stored_in_its_normal_form(staff: Client) -> None:
    data = filled_in(
        company_name=" Atelier ",
        contact="0 800 123 456",
        privacy_url="www.example.fr/privacy",
        caller_number="01 23 45 67 89",
    )
    assert staff.post(ADD, data).status_code == 302
    widget = Widget.objects.get()
    assert (widget.company_name, widget.contact) == ("Atelier", "+33800123456")
    assert widget.privacy_url == "https://www.example.fr/privacy"
    assert widget.caller_number == "+33123456789"
    assert not widget.shows_sales_call_notice  # the box was not ticked
    changed = AuditEntry.objects.filter(action="widget.add").get().facts["changed"]
    assert {"company_name", "contact"} <= set(changed)


def test_the_tab_says_what_is_wrong(staff: Client) -> None:
    assert "premium-rate" in errors_of(staff, contact="0899 123 456")
    assert "one line" in errors_of(staff, company_name="A\nB")
    assert "https" in errors_of(staff, privacy_url="ftp://example.fr/privacy")
    assert "Calls cannot come from" in errors_of(staff, caller_number="3639")
    page = staff.post(ADD, filled_in(contact="http://example.fr"))
    assert '<a class="staff-link" href="#company">Company</a> (1)' in page.text


def test_the_preview_of_a_paused_form_shows_the_contact(staff: Client) -> None:
    path = "/admin/callbacks/widget/preview/"
    sent = {"is_paused": "on", "company_name": "Atelier", "preview_language": "en"}
    assert "To reach Atelier, call" in staff.post(path, sent | {"contact": "0800123456"}).text
    assert "To reach" not in staff.post(path, sent | {"contact": "nothing"}).text
    wrong = sent | {"contact": "0800123456", "allowed_regions": ["ZZ"]}
    assert "To reach Atelier" in staff.post(path, wrong).text


def test_a_copy_tells_the_same(staff: Client) -> None:
    widget = make_widget(company_name="Atelier", contact="+33800123456")
    staff.post(f"/admin/callbacks/widget/{widget.pk}/duplicate/", {"name": "Copy"})
    copy = Widget.objects.get(name="Copy")
    assert (copy.company_name, copy.contact) == ("Atelier", "+33800123456")


def test_the_preview_shows_what_the_form_will_tell(staff: Client) -> None:
    path = "/admin/callbacks/widget/preview/"
    sent = {"preview_language": "en", "company_name": "Atelier"}
    told = staff.post(path, sent | {"privacy_url": "example.fr", "shows_sales_call_notice": "on"})
    assert "called once at this number by Atelier" in told.text
    assert 'href="https://example.fr/"' in told.text
    assert "We may call you for commercial purposes" in told.text
    silent = staff.post(path, {"preview_language": "en", "privacy_url": "http://example.fr"}).text
    assert "Privacy policy" not in silent
    assert "commercial purposes" not in silent


def test_the_grey_text_of_an_empty_consent_names_the_company(staff: Client) -> None:
    widget = make_widget(company_name="Atelier")
    page = staff.get(f"/admin/callbacks/widget/{widget.pk}/change/").text
    assert "called once at this number by Atelier" in page


def test_a_new_widget_shows_the_notice_until_its_owner_decides_otherwise(staff: Client) -> None:
    page = staff.get(ADD).text
    box = page[page.index('name="shows_sales_call_notice"') :]
    assert "checked" in box[: box.index(">")]
