"""Personal columns may be encrypted, are searched by fingerprint, and keys can be rotated."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from callbacks.abuse import block_list
from callbacks.core import crypto, key_rotation
from callbacks.data_protection import subject_access
from callbacks.intake import accept
from callbacks.models import Block, CallRequest
from callbacks.widgets import answers
from tests.support.extra_fields import NAME, ORDER
from tests.support.factories import make_request, make_submission, make_widget

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, email, number_hash FROM callbacks_callrequest")
        return cursor.fetchone()


@pytest.mark.django_db
def test_without_keys_it_is_stored_as_it_is():
    call_request = make_request(email="jo@example.fr")
    assert stored()[:2] == (call_request.number, "jo@example.fr")


@pytest.mark.django_db
def test_with_keys_it_is_stored_encrypted_and_read_in_clear(settings):
    settings.ENCRYPTION_KEYS = [NEW]
    call_request = make_request(email="jo@example.fr")
    number, email, number_hash = stored()
    assert number.startswith("enc1:")
    assert "example" not in email
    assert str(call_request.number) not in number_hash
    row = CallRequest.objects.get(number_hash=crypto.number_hash(call_request.number))
    assert (row.number, row.email) == (call_request.number, "jo@example.fr")


@pytest.mark.django_db
def test_keys_are_rotated_and_old_rows_stay_readable(settings):
    call_request = make_request()
    settings.ENCRYPTION_KEYS = [OLD]
    assert CallRequest.objects.get().number == call_request.number
    CallRequest.objects.get().save()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    CallRequest.objects.get().save()
    settings.ENCRYPTION_KEYS = [NEW]
    assert CallRequest.objects.get().number == call_request.number


@pytest.mark.django_db
def test_the_command_writes_everything_again_with_the_newest_key(settings, capsys):
    requests = [make_request(address="192.0.2.7") for _ in range(5)]
    block_list.add("number", "06 12 34 56 78")
    settings.ENCRYPTION_KEYS = [OLD]
    call_command("rotate_encryption")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_encryption")
    assert "5 of 5" in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = [NEW]
    read = CallRequest.objects.order_by("pk")
    assert [row.number for row in read] == [call_request.number for call_request in requests]
    assert {row.address for row in read} == {"192.0.2.7"}
    assert Block.objects.get().value == "+33612345678"
    assert stored_everywhere().count("enc1:") >= 5 * 3 + 1
    settings.ENCRYPTION_KEYS = [NEW]
    call_command("rotate_encryption")
    settings.ENCRYPTION_KEYS = []
    assert all(crypto.is_unreadable(row.number) for row in CallRequest.objects.all())


def stored_everywhere() -> str:
    text = ""
    with connection.cursor() as cursor:
        for table in ("callbacks_callrequest", "callbacks_block", "callbacks_widget"):
            cursor.execute(f"SELECT * FROM {table}")
            text += repr(cursor.fetchall())
    return text


def test_every_personal_column_is_rotated():
    named = {
        f"{model.__name__}.{name}"
        for model, names in key_rotation.personal_models().items()
        for name in names
    }
    assert named == {
        "CallRequest.number",
        "CallRequest.email",
        "CallRequest.address",
        "CallRequest.personal_answers",
        "Block.value",
        "Widget.identity_secret",
        "TeamMailRecipient.email",
        "WebhookEndpoint.url",
        "WebhookEndpoint.secret",
        "WebhookEndpoint.old_secret",
    }


def test_a_new_key_is_one(settings, capsys):
    call_command("new_encryption_key")
    settings.ENCRYPTION_KEYS = [capsys.readouterr().out.strip()]
    assert crypto.decrypt(crypto.encrypt("x")) == "x"


@pytest.mark.django_db
def test_a_missing_key_is_said_and_not_guessed(settings):
    settings.ENCRYPTION_KEYS = [OLD]
    make_request()
    settings.ENCRYPTION_KEYS = [NEW]
    assert crypto.is_unreadable(CallRequest.objects.get().number)
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS"):
        crypto.decrypt(stored()[0])


@pytest.mark.django_db
def test_a_personal_column_is_not_searched():
    with pytest.raises(FieldError):
        CallRequest.objects.filter(number="+33612345678").exists()
    assert not CallRequest.objects.filter(number__empty=True).exists()


def test_an_email_is_found_in_whatever_case():
    assert crypto.email_hash("Jo@Example.fr") == crypto.email_hash("jo@example.FR")
    assert crypto.email_hash("") == crypto.number_hash("") == ""


def test_a_fingerprint_depends_on_its_kind_and_key(settings):
    first = crypto.fingerprint("a", "x")
    assert crypto.fingerprint("b", "x") != first
    settings.HASH_KEY = "another" * 8
    assert crypto.fingerprint("a", "x") != first


@pytest.mark.django_db
def test_personal_answers_are_encrypted_and_without_their_key_only_they_cannot_be_read(settings):
    settings.ENCRYPTION_KEYS = [OLD]
    widget = make_widget(extra_fields=[ORDER, NAME])
    sent = make_submission(widget, answers={"order": "A-17", "name": "Jo Martin"})
    call_request = accept.accept(sent).call_request
    assert "Jo Martin" not in stored_everywhere()
    call_request.refresh_from_db()
    assert [one.text for one in answers.shown(call_request)] == ["A-17", "Jo Martin"]
    settings.ENCRYPTION_KEYS = [NEW]
    call_request = CallRequest.objects.get()
    assert [one.is_unreadable for one in answers.shown(call_request)] == [False, True]
    assert accept.accept(sent).call_request == call_request  # the same form is still the same
    [exported] = subject_access.export(number="+33612345678")["requests"]
    assert exported["answers"][1]["answer"] == str(subject_access.UNREADABLE)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert answers.values_of(CallRequest.objects.get())["name"] == "Jo Martin"
