"""Days and times look the same on every page of the admin."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.staff.common import formatting

AT = datetime(2026, 11, 24, 14, 3, 7, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(("language", "day"), [("en", "24 Nov. 2026"), ("fr", "24 nov. 2026")])
def test_a_time_is_written_one_way(language: str, day: str) -> None:
    with translation.override(language):
        assert formatting.day(AT.date()) == day
        assert formatting.moment(AT) == f"{day} 14:03"
        assert formatting.second(AT) == f"{day} 14:03:07"


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "month"), [("en", "Nov."), ("fr", "nov.")])
def test_a_column_that_django_draws_is_no_exception(
    staff: Client, chief: User, language: str, month: str
) -> None:
    User.objects.filter(pk=chief.pk).update(last_login=AT, date_joined=AT)
    for address in (
        reverse("admin:auth_user_changelist"),
        reverse("admin:auth_user_change", args=[chief.pk]),
    ):
        page = staff.get(address, headers={"accept-language": language}).text
        assert f"24 {month} 2026 14:03" in page, address


def test_no_page_has_a_format_of_its_own() -> None:
    """But for machines (`c`), for a weekday, and for a time of day in a sentence."""
    own = [
        f"{file.name}: {found}"
        for folder in ("staff", "admin")
        for file in (Path(settings.BASE_DIR) / "templates" / folder).glob("*.html")
        for found in re.findall(r'\|date:"[^"]*"|\|date\b(?!:)', file.read_text())
        if found not in {'|date:"c"', '|date:"l"', '|date:"H:i"'}
    ]
    assert own == []
