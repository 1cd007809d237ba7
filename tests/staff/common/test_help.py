"""The page of help: every reason and every code that is stored is explained."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.call_api import AttemptCode
from callbacks.models import Attempt, Outcome, Reason, Status
from callbacks.staff.help.codes import KNOWN_CODES
from tests.support.factories import make_request
from tests.support.staff.pages import make_staff, page_of, signed_in

pytestmark = pytest.mark.django_db

HELP = reverse("admin:help")


def test_every_code_is_explained() -> None:
    assert set(AttemptCode) == KNOWN_CODES


@pytest.mark.parametrize("part", ["call_api", "dispatch", "lifecycle", "worker"])
def test_no_code_is_written_as_a_literal(part: str) -> None:
    """It would be explained nowhere."""
    for file in (Path(settings.BASE_DIR) / "callbacks" / part).rglob("*.py"):
        assert re.findall(r'\bcode(?:: str)? ?(?:=|==|!=) ?"\w+"', file.read_text()) == [], file


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_has_an_anchor_and_advice(language: str) -> None:
    client = signed_in(make_staff("newcomer"))
    html = client.get(HELP, headers={"accept-language": language}).text
    statuses = [f"status-{status}" for status in Status]
    for anchor in [*statuses, *Reason.values, *(f"code-{code}" for code in KNOWN_CODES)]:
        assert html.count(f'id="{anchor}"') == 1, anchor
    assert ("What to do:" in html) is (language == "en")


def words_of(html: str, anchor: str) -> str:
    """The text of one entry of the page."""
    found = re.search(rf'<article[^>]* id="{anchor}">(.*?)</article>', html, re.S)
    assert found, anchor
    return " ".join(unescape(re.sub("<[^>]+>", " ", found[1])).split())


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_leads_to_its_meaning_in_french_and_english(reason: Reason) -> None:
    call_request = make_request(status=Status.FAILED, reason=reason)
    client = signed_in(make_staff("onlooker", "view_callrequest"))
    told = {}
    for language in ("en", "fr"):
        headers = {"accept-language": language}
        assert f'href="{HELP}#{reason}"' in client.get(page_of(call_request), headers=headers).text
        told[language] = words_of(client.get(HELP, headers=headers).text, reason)
        with translation.override(language):
            assert told[language].startswith(str(reason.label))
    english, french = (re.split(r"What to do:|Que faire", told[one]) for one in ("en", "fr"))
    for ours, theirs in zip(english, french, strict=True):
        assert len(ours) > 10
        assert ours.strip() != theirs.strip()  # the French is there, and is French


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Every morning", "Operators", "one request at a time", "Mark as called, or retry"]),
        ("fr", ["Chaque matin", "Opérateurs", "une demande à la fois", "Marquez-la comme appelée"]),
    ],
)
def test_the_mornings_work_and_the_roles_are_explained(language: str, told: list[str]) -> None:
    client = signed_in(make_staff("newcomer"))
    page = client.get(HELP, headers={"accept-language": language}).text
    for words in told:
        assert words in page


def test_every_code_is_explained_in_french_too() -> None:
    client = signed_in(make_staff("newcomer"))
    pages = [client.get(HELP, headers={"accept-language": one}).text for one in ("en", "fr")]
    for code in KNOWN_CODES:
        english, french = (words_of(page, f"code-{code}") for page in pages)
        assert english != french, code


def test_a_request_leads_to_what_its_reason_and_codes_mean(staff: Client) -> None:
    call_request = make_request(status=Status.UNCERTAIN, reason=Reason.NO_ANSWER, attempts_made=1)
    Attempt.objects.create(
        call_request=call_request,
        widget=call_request.widget,
        number=1,
        started_at=call_request.created_at,
        deadline_at=call_request.created_at,
        worker="w",
        service="s",
        outcome=Outcome.UNKNOWN,
        code="timeout",
    )
    html = staff.get(page_of(call_request)).text
    assert f'href="{HELP}#no_answer"' in html
    assert f'href="{HELP}#code-timeout"' in html


def test_strangers_do_not_see_it() -> None:
    assert Client().get(HELP).status_code == 302
