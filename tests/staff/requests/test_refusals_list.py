"""The list of refusals: how often, why, of which widget; read and never written."""

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.abuse import refusals
from callbacks.models import Refusal, RefusalKind
from tests.support.factories import make_widget
from tests.support.samples.hostile import HOSTILE
from tests.support.staff.pages import make_staff, signed_in

pytestmark = pytest.mark.django_db

LIST = reverse("admin:callbacks_refusal_changelist")


def test_the_sum_follows_the_filters(staff: Client) -> None:
    shop, blog = make_widget(), make_widget()
    for _ in range(3):
        refusals.record(shop, RefusalKind.NUMBER, number="+33612345678")
    refusals.record(blog, RefusalKind.BOT, address="192.0.2.7")
    html = staff.get(LIST).content.decode()
    assert "4 refusals in all" in html
    assert "612345678" not in html
    assert "192.0.2.7" not in html
    for query, expected in (
        ({"kind__exact": "number"}, "3 refusals in all"),
        ({"widget__id__exact": blog.pk}, "1 refusal in all"),
        ({"minute_from": "2000-01-01", "minute_to": "2000-01-02"}, "0 refusals in all"),
    ):
        assert expected in staff.get(LIST, query).content.decode(), query


def test_nobody_writes_it(staff: Client) -> None:
    refusals.record(make_widget(), RefusalKind.BOT)
    row = Refusal.objects.get()
    for name, arguments in (("add", []), ("change", [row.pk]), ("delete", [row.pk])):
        staff.post(reverse(f"admin:callbacks_refusal_{name}", args=arguments), {"post": "yes"})
    assert list(Refusal.objects.all()) == [row]
    assert signed_in(make_staff("agent", "view_callrequest")).get(LIST).status_code == 403
    assert signed_in(make_staff("eye", "view_refusal")).get(LIST).status_code == 200


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_hostile_breaks_it(staff: Client, value: str) -> None:
    for parameter in ("q", "kind__exact", "widget__id__exact", "minute_from", "o", "number_hash"):
        assert staff.get(LIST, {parameter: value}, follow=True).status_code in {200, 400}
