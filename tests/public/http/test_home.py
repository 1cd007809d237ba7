"""The root of the site leads where the operator says, and says what it is for where none does."""

import pytest
from django.test import Client
from pytest_django import Settings


def test_it_leads_to_the_operators_own_site(settings: Settings) -> None:
    settings.HOME_URL = "https://www.example.fr/contact"
    response = Client().get("/")
    assert (response.status_code, response["Location"]) == (302, "https://www.example.fr/contact")


@pytest.mark.parametrize(
    ("code", "words"),
    [("en", "This address handles the call requests"), ("fr", "formulaire du site")],
)
def test_without_one_it_says_what_it_is_for(settings: Settings, code: str, words: str) -> None:
    settings.HOME_URL = ""
    response = Client().get("/", headers={"Accept-Language": code})
    assert response.status_code == 200
    assert words in response.content.decode()
