"""A site vouches for its customer by a signature; whatever is not exactly that is refused."""

import time
from datetime import timedelta

import pytest
from django.test import Client

from callbacks.core import clock
from callbacks.intake import correction
from callbacks.models import CallRequest, Widget
from callbacks.public.form import identity
from tests.support.factories import make_widget, post_form

pytestmark = pytest.mark.django_db

NUMBER, EMAIL = "+33612345678", "jo@example.fr"


def signed(widget: Widget, seconds: float = 600, **changed: str) -> dict[str, str]:
    """The fields of a form that a site vouches for, some of them `changed` afterwards."""
    expires = str(int(time.time() + seconds))
    signature = identity.sign(widget, NUMBER, EMAIL, expires)
    return {
        "number": NUMBER,
        "email": EMAIL,
        "identity_expires": expires,
        "identity_signature": signature,
    } | changed


def test_a_right_one_is_verified() -> None:
    widget = make_widget()
    assert post_form(Client(), widget, **signed(widget)).status_code == 303
    assert CallRequest.objects.get().is_verified


def test_without_one_nothing_is_verified() -> None:
    post_form(Client(), make_widget())
    assert not CallRequest.objects.get().is_verified


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "+33612345679"},
        {"number": "06 12 34 56 78"},
        {"email": "other@example.fr"},
        {"identity_signature": "0" * 64},
        {"identity_signature": ""},
        {"identity_signature": "é\ud800"},
        {"identity_expires": ""},
        {"identity_expires": "tomorrow"},
        {"identity_expires": "9" * 400},
        {"identity_expires": "99999999999"},
        {"identity_expires": "-1"},
    ],
    ids=str,
)
def test_a_changed_one_is_refused(changed: dict[str, str]) -> None:
    widget = make_widget(language="en")
    fields = signed(widget, **changed)  # type: ignore[arg-type]
    fields = {name: text.encode(errors="replace").decode() for name, text in fields.items()}
    response = post_form(Client(), widget, **fields)
    assert response.status_code == 422
    assert "verify the details that this website passed on" in response.content.decode()
    assert 'data-identity="refused"' in response.content.decode()
    assert not CallRequest.objects.exists()


@pytest.mark.parametrize("seconds", [-1, -86400, 25 * 3600])
def test_an_expired_one_and_one_for_too_long_is_refused(seconds: float) -> None:
    widget = make_widget()
    assert post_form(Client(), widget, **signed(widget, seconds)).status_code == 422


def test_another_widgets_is_refused() -> None:
    widget, other = make_widget(), make_widget()
    assert post_form(Client(), other, **signed(widget)).status_code == 422


def test_a_line_break_moves_no_border() -> None:
    """The text that is signed would be the same with the border elsewhere."""
    widget = make_widget(email_required=False)
    expires = str(int(time.time()) + 600)
    claim = identity.Claim(
        f"{NUMBER}\n{EMAIL}", "", expires, identity.sign(widget, NUMBER, f"{EMAIL}\n", expires)
    )
    with pytest.raises(identity.Refused):
        identity.check(claim, widget, clock.now() + timedelta())


def test_what_cannot_be_called_may_be_corrected() -> None:
    """Read-only, a number that the widget does not call would be a dead end."""
    widget, number = make_widget(), "+15550100"
    fields = signed(widget, number=number)
    fields["identity_signature"] = identity.sign(widget, number, EMAIL, fields["identity_expires"])
    response = post_form(Client(), widget, **fields)
    assert response.status_code == 422
    assert 'data-identity="refused"' in response.content.decode()


def test_a_corrected_number_is_not_the_sites_any_more() -> None:
    widget = make_widget()
    post_form(Client(), widget, **signed(widget))
    call_request = CallRequest.objects.get()
    assert correction.correct_number(call_request, "06 98 76 54 32")
    call_request.refresh_from_db()
    assert not call_request.is_verified
