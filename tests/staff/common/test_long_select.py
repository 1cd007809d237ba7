"""A long list of a form says the same as Django's own, which takes a template for each entry."""

import re
from typing import Any

import pytest
from django import forms

from callbacks.staff.common.long_select import LongSelect

CHOICES = [
    ("", "None"),
    ("Europe", [("Europe/Paris", "Paris"), ("a&<b>", "A 'quoted' & <b>")]),
    (0, "zero"),
]


class One(LongSelect, forms.Select):
    pass


class Several(LongSelect, forms.SelectMultiple):
    pass


def said(html: str) -> list[str]:
    """Return the tags and texts of a list, without the spaces and what is put around it."""
    (inside,) = re.findall(r"<select.*</select>", html, re.DOTALL)
    return [part for part in re.split(r"\s*(<[^>]*>)\s*", inside) if part]


@pytest.mark.parametrize(
    ("ours", "djangos", "value"),
    [
        (One, forms.Select, "a&<b>"),
        (One, forms.Select, 0),
        (One, forms.Select, None),
        (Several, forms.SelectMultiple, ["Europe/Paris", "0"]),
    ],
)
def test_it_says_the_same_as_djangos(ours: Any, djangos: Any, value: object) -> None:
    attrs = {"id": "id_x", "class": "wide", "required": True, "disabled": False}
    html = [kind(choices=CHOICES).render("x", value, attrs) for kind in (ours, djangos)]
    assert said(html[0]) == said(html[1])
    assert "selected" in html[0]
