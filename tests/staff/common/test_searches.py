"""What each list with a search box shows when nothing is found."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

BY_ADDRESS = {
    "callbacks_auditentry": "Name of a person",
    "callbacks_widget": "Name, scenario or public ID",
    "auth_user": "Name or username",
    "auth_group": "Name of a role",
}
BY_POST = {
    "callbacks_callrequest": "the whole email address",
    "callbacks_block": "the whole email address, or its domain",
}


@pytest.mark.parametrize("table", [*BY_ADDRESS, *BY_POST])
def test_a_search_without_a_hit_keeps_the_text_and_says_what_it_looks_at(
    staff: Client, table: str
) -> None:
    make_request()
    address, typed = reverse(f"admin:{table}_changelist"), "nothing like it"
    is_by_post = table in BY_POST
    answer = staff.post(address, {"q": typed}) if is_by_post else staff.get(address, {"q": typed})
    html = unescape(answer.content.decode())
    assert list(answer.context["cl"].result_list) == []
    assert re.search(rf'<input [^>]*value="{typed}"', html)
    told = html[html.index('id="no-hit"') :]
    assert "You can search by:" in told
    assert (BY_ADDRESS | BY_POST)[table] in told
    assert 'href="?"' in told


@pytest.mark.parametrize("table", ["callbacks_refusal", "callbacks_erasure"])
def test_a_list_without_rows_says_so(staff: Client, table: str) -> None:
    html = staff.get(reverse(f"admin:{table}_changelist")).content.decode()
    assert "There is nothing here yet." in html


def test_staff_are_not_searched_by_email_which_would_stand_in_the_address(staff: Client) -> None:
    listed = staff.get(reverse("admin:auth_user_changelist"), {"q": "jo@example.fr"}).context["cl"]
    assert not any("email" in field for field in listed.search_fields)
