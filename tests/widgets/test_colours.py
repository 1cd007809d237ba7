"""The owner's accent colour is readable wherever it stands, whatever it is."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from callbacks.widgets import colours

accents = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(accents)
def test_every_accent_gives_readable_colours(accent: str) -> None:
    made = colours.palette(accent)
    assert made.button == accent
    assert colours.contrast(made.button_text, made.button) >= 4.5
    assert colours.contrast(made.link_on_light, colours.LIGHT_GROUND) >= 4.5
    assert colours.contrast(made.line_on_light, colours.LIGHT_GROUND) >= 3
    assert colours.contrast(made.link_on_dark, colours.DARK_GROUND) >= 4.5
    assert colours.contrast(made.line_on_dark, colours.DARK_GROUND) >= 3


@given(accents)
def test_what_is_readable_already_stays_as_it_is(accent: str) -> None:
    if colours.contrast(accent, colours.LIGHT_GROUND) >= 4.5:
        assert colours.palette(accent).link_on_light == accent


def test_the_hue_stays() -> None:
    link = colours.palette("#ffe14d").link_on_light
    red, green, blue = bytes.fromhex(link[1:])
    assert red > green > blue  # a dark yellow, no grey


def test_contrast_is_what_wcag_says() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", ["", "red", "#fff", "#12345g", "123456", "#12 34 ", "#1234567"])
def test_anything_else_is_no_colour(accent: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        colours.palette(accent)


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    """The hardest of each scheme to read on: the darkest light one, the lightest dark one."""
    css = Path(settings.BASE_DIR, "static/public/page.css").read_text()
    light, dark, dark_site = re.split(r"@media \(prefers-color-scheme: dark\)|/\* The same", css)[
        :3
    ]

    def grounds(part: str) -> list[str]:
        found = re.findall(r"--(?:ground|card): (#\w+);", part)
        assert len(found) == 2
        return [c if len(c) == 7 else "#" + "".join(2 * x for x in c[1:]) for c in found]

    assert min(grounds(light), key=colours.luminance) == colours.LIGHT_GROUND
    assert grounds(dark) == grounds(dark_site)
    assert max(grounds(dark), key=colours.luminance) == colours.DARK_GROUND


def test_a_dark_site_has_the_same_colours_as_a_dark_device() -> None:
    css = Path(settings.BASE_DIR, "static/public/page.css").read_text()
    device, site = re.findall(r"(?m)^ *(--ground: #14161a;[^}]*)}", css)
    assert device.split() == site.split()
