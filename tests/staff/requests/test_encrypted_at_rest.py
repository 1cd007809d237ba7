"""With numbers and emails encrypted at rest, staff find, see and export them as before."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from callbacks.models import CallRequest
from tests.support.factories import make_request
from tests.support.staff.exports import export_csv
from tests.support.staff.pages import LIST, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def encrypted(settings: Settings) -> CallRequest:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    make_request()
    call_request = make_request(number="+33612345678", email="Jean@Example.fr")
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM callbacks_callrequest WHERE id = %s", [call_request.pk])
        assert cursor.fetchone()[0].startswith("enc1:")
    return call_request


@pytest.mark.parametrize("typed", ["06 12 34 56 78", "0033612345678", "jean@example.FR"])
def test_encrypted_requests_are_found(staff: Client, encrypted: CallRequest, typed: str) -> None:
    search = reverse("admin:callbacks_callrequest_changelist")
    answer = staff.post(search, {"q": typed}, follow=True)
    assert list(answer.context["cl"].result_list) == [encrypted]
    assert answer.redirect_chain[0][0].startswith(LIST)


def test_encrypted_requests_are_shown_and_exported(staff: Client, encrypted: CallRequest) -> None:
    assert "1 request in 24 hours" in " ".join(staff.get(page_of(encrypted)).text.split())
    rows = {row["Request"]: row for row in export_csv(staff)}
    assert rows[encrypted.public_id]["Number"] == "+33612345678"
    assert rows[encrypted.public_id]["Email"] == "Jean@Example.fr"
