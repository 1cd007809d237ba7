"""An address is masked wherever it is not needed in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.contact.email_addresses import masked


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("jeanne@example.fr", "j•••@example.fr"),
        ("je@example.fr", "j•••@example.fr"),
        ("j@example.fr", "•••@example.fr"),
        ("réception@café.fr", "r•••@café.fr"),
        ("", "•••"),
        ("jeanne", "•••"),
        ("jeanne@", "•••"),
        ("@example.fr", "•••"),
        ("jea\nnne@example.fr", "•••"),
        ("jeanne@\u202eexample.fr", "•••"),
    ],
)
def test_masked(email: str, shown: str) -> None:
    assert masked(email) == shown


@pytest.mark.long
@given(email=st.text() | st.emails())
def test_odd_text_never_raises_and_is_never_shown(email: str) -> None:
    local, _at, domain = email.rpartition("@")
    assert masked(email) in {"•••", f"•••@{domain}", f"{local[:1]}•••@{domain}"}
