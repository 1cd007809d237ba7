"""An address is taken exactly as it was typed, and only when it has the form of one."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from callbacks.contact.email_addresses import MAX_LENGTH, EmailRefused, clean

LONGEST = "x" * 64 + "@" + ("y" * 60 + ".") * 3 + "z" * 3 + ".fr"  # 254 characters


def outcome(typed: str) -> str | EmailRefused:
    """The address, or the refusal."""
    try:
        return clean(typed)
    except EmailRefused as refused:
        return refused


@pytest.mark.parametrize(
    "email",
    [
        "jeanne@example.fr",
        "Jean.DUPONT+Devis@Example.FR",
        "o'brien_2@sub.example.co.uk",
        '"jean"@example.fr',
        "info@café.fr",
        "info@xn--caf-dma.fr",
        "réception@exemple.fr",
        "re\u0301ception@exemple.fr",  # decomposed: must not be composed
        "田中@例え.jp",
        "\u0645\u062b\u0627\u0644@example.fr",
        LONGEST,
    ],
)
def test_taken_unchanged(email: str) -> None:
    assert clean(email) == email


@pytest.mark.parametrize(
    "before", ["", " ", "\t\n", "\u00a0", "\ufeff", " \u200b\u202a ", "\ufe0e \u3164"]
)
@pytest.mark.parametrize(
    "after", ["", " ", "\r\n", "\u3000", "\u200b", "\u202c\u00a0", "\ufe0f\n\u034f"]
)
def test_only_what_lies_around_it_is_removed(before: str, after: str) -> None:
    assert clean(before + "Jean.D@Example.fr" + after) == "Jean.D@Example.fr"


@pytest.mark.parametrize(
    "typed",
    [
        *("jean", "jean@", "@example.fr", "jean@example", "jean@@example.fr", "jean@example..fr"),
        *("jean@-example.fr", ".jean@example.fr", "jean.@example.fr", "jean dupont@example.fr"),
        *("a@example.fr, b@example.fr", "Jean <jean@example.fr>", "mailto:j@example.fr@"),
        *("jean@exam\u200bple.fr", "je\u200ban@example.fr", "jean@\u202eelpmaxe.fr"),
        *("jean@localhost", "jean@LOCALHOST", "jean@[127.0.0.1]"),
        *("jean@127.0.0.1", "jean@10.0.0.12", "jean@[IPv6:::1]", "jean@[::1]"),
        *("jean\ufe0e@example.fr", "jean@exam\u034fple.fr", "jean\u115f@example.fr"),
        *("jean\U000e0100@example.fr", "jean@example\u3164.fr"),
        *("jean\x00@example.fr", "jean@example.fr\x00", "\x00jean@example.fr"),
        *("jean@example.fr\r\nBcc: x@example.fr", "je\nan@example.fr", '"je\x01an"@example.fr'),
        *("jean\ud800@example.fr", "jean@example\ud800.fr", "jean@exam\u3000ple.fr"),
        *("\u263a@example.fr", "x" * MAX_LENGTH + "@example.fr", "x" * 1_000_000),
    ],
)
def test_refused(typed: str) -> None:
    with pytest.raises(EmailRefused):
        clean(typed)


@pytest.mark.parametrize(
    "domain",
    [
        *("mail.localhost", "iMac-de-Jeanne.LOCAL", "nas.home.arpa", "mail.lan", "db.internal"),
        *("localhost.localdomain", "serveur.intranet", "x.invalid", "x.test", "shop.example"),
        *("abc.onion", "a.b.corp", "box.home", "srv.mail", "x.private", "x.alt", "é.local"),
        "x.ｌｏｃａｌ",  # as full-width letters, which mail programs read as the same name
    ],
)
def test_an_address_inside_a_private_network_is_refused_and_the_sentence_says_so(
    domain: str,
) -> None:
    with translation.override("en"), pytest.raises(EmailRefused) as refused:
        clean(f"jean@{domain}")
    with translation.override("en"):
        sentence = str(refused.value.message)
    assert "No email from the internet reaches this address." in sentence


@pytest.mark.parametrize(
    "domain", ["example.com", "localhost.fr", "local.fr", "mail.com", "test.org", "homexarpa.fr"]
)
def test_a_domain_that_only_resembles_a_private_name_is_accepted(domain: str) -> None:
    assert clean(f"jean@{domain}") == f"jean@{domain}"


def test_one_character_too_many() -> None:
    assert len(LONGEST) == MAX_LENGTH
    with pytest.raises(EmailRefused):
        clean("x" + LONGEST)


@pytest.mark.parametrize("typed", ["", " ", "\t\r\n", "\u200b", " \ufeff "])
def test_nothing_typed_is_said_so(typed: str) -> None:
    with pytest.raises(EmailRefused) as nothing:
        clean(typed)
    with pytest.raises(EmailRefused) as wrong:
        clean("jean")
    assert str(nothing.value.message) != str(wrong.value.message)


@pytest.mark.long
@given(
    typed=st.text(max_size=300)
    | st.emails()
    | st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=20))
    | st.builds("{}@example.fr".format, st.text(max_size=20))
)
def test_an_address_or_a_refusal(typed: str) -> None:
    email = outcome(typed)
    if isinstance(email, EmailRefused):
        assert str(email) == "not an email address"
        assert email.__context__ is None
        said = str(email.message)
        assert len(typed) < 5 or typed not in said
        return
    assert email in typed
    assert clean(email) == email
    assert 3 <= len(email) <= MAX_LENGTH
    assert not any(character.isspace() or character < " " for character in email)
    email.encode()
