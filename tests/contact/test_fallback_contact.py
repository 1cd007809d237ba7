"""How visitors reach the company: a number, an email address or a page, each checked."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from callbacks.contact import company_numbers, fallback_contact
from callbacks.contact.fallback_contact import FallbackContact, Kind
from callbacks.models import Widget
from tests.support.factories import make_widget

FRANCE = ["FR"]


def shown(typed: str, regions: list[str] = FRANCE) -> FallbackContact:
    found = fallback_contact.of(fallback_contact.normalised(typed, regions), regions)
    assert found
    return found


@pytest.mark.parametrize(
    ("typed", "kind", "href", "text"),
    [
        ("01 99 00 12 34", Kind.NUMBER, "tel:+33199001234", "01 99 00 12 34"),
        ("0 800 123 456", Kind.NUMBER, "tel:+33800123456", "0 800 12 34 56"),
        ("0800.12.34.56", Kind.NUMBER, "tel:+33800123456", "0 800 12 34 56"),
        ("3639", Kind.NUMBER, "tel:3639", "3639"),
        ("36 39", Kind.NUMBER, "tel:3639", "3639"),
        ("+32 2 555 12 12", Kind.NUMBER, "tel:+3225551212", "+32 2 555 12 12"),
        (" Aide@example.fr ", Kind.EMAIL, "mailto:Aide@example.fr", "Aide@example.fr"),
        ("jo?subject=x@example.fr", Kind.EMAIL, "mailto:jo%3Fsubject%3Dx@example.fr", None),
        ("www.example.fr", Kind.PAGE, "https://www.example.fr/", "www.example.fr"),
        ("https://Example.fr/a?b#c", Kind.PAGE, "https://example.fr/a?b#c", "example.fr/a?b#c"),
        ("https://exämple.fr/été", Kind.PAGE, "https://xn--exmple-cua.fr/%C3%A9t%C3%A9", None),
        (f"example.fr/{'a' * 80}", Kind.PAGE, f"https://example.fr/{'a' * 80}", "example.fr"),
    ],
)
def test_a_contact_becomes_a_link(typed: str, kind: Kind, href: str, text: str | None) -> None:
    found = shown(typed)
    assert (found.kind, found.href) == (kind, href)
    assert text is None or found.shown.replace("\u00a0", " ") == text


def test_a_number_is_written_as_it_is_dialled_where_all_visitors_are() -> None:
    overseas = "+262262123456"
    assert company_numbers.shown(overseas, ["FR", "RE"]).replace("\u00a0", " ") == "0262 12 34 56"
    assert company_numbers.shown("+33199001234", ["RE"]).startswith("01")
    for regions in (["FR", "BE"], ["BE"]):
        assert company_numbers.shown("+33199001234", regions).startswith("+33")
    assert company_numbers.shown("+3225551212", ["BE"]).startswith("02")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("call us", "Enter a phone number, an email address or the address of a page"),
        ("12", "This is not a phone number"),
        ("01 99 00 12", "This is not a phone number"),
        ("0899 12 34 56", "This is a premium-rate number"),
        ("112", "This is not a short number"),
        ("9999", "This is not a short number"),
        ("jo@localhost", "This email address is not complete"),
        ("http://example.fr/", "must use https"),
        ("http://localhost/contact", "must begin with https://"),
        ("javascript://example.fr/%0aalert(1)", "must begin with https://"),
        ("https://jo:pw@example.fr/", "must end after the host name"),
        ("https://*.example.fr/", "is not a host name"),
        ("https://ex ample.fr/", "is not a host name"),
        (f"https://example.fr/{'é' * 100}", "longer than 500 characters"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(typed: str, sentence: str) -> None:
    with translation.override("en"):
        with pytest.raises(ValidationError) as refused:
            fallback_contact.normalised(typed, FRANCE)
        messages = " ".join(refused.value.messages)
    assert sentence in messages


@pytest.mark.django_db
def test_a_widget_keeps_the_stored_form() -> None:
    widget = make_widget(company_name=" Atelier ", contact=" 0 800 123 456 ")
    widget.full_clean()
    assert (widget.company_name, widget.contact) == ("Atelier", "+33800123456")
    widget.full_clean()  # a second time, it stays as it is
    assert widget.contact == "+33800123456"
    assert Widget().fallback_contact is None


@pytest.mark.django_db
@pytest.mark.parametrize("regions", [None, [], ["ZZ"], "FR", {"FR": 1}])
def test_wrong_regions_do_not_stop_the_check(regions: Any) -> None:
    widget = make_widget(contact="nothing")
    widget.allowed_regions = regions
    with pytest.raises(ValidationError) as refused:
        widget.full_clean()
    assert {"allowed_regions", "contact"} <= set(refused.value.message_dict)
