"""Adapt the widget's accent colour until everybody can read it.

The contrast and its minimum are those of WCAG 2.2 (1.4.3 text, 4.5:1; 1.4.11 controls, 3:1). A
colour keeps its hue and saturation. Only its lightness changes, and no more than needed.
"""

import colorsys
import re
from dataclasses import dataclass

# The backgrounds of text in `static/public/page.css`: for each colour scheme, the one that is
# harder to read on.
LIGHT_GROUND = "#f3f4f6"
DARK_GROUND = "#20242c"
TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0

_STEPS = 256


@dataclass(frozen=True)
class Palette:
    """Colours as `#rrggbb`: `link_…` for text, `line_…` for borders and controls."""

    button: str
    button_text: str
    link_on_light: str
    line_on_light: str
    link_on_dark: str
    line_on_dark: str


def palette(accent: str) -> Palette:
    """Return the palette for an accent colour, `#rrggbb`.

    Raises:
        ValueError: `accent` is not written `#rrggbb`.
    """
    accent = _hex(_channels(accent))
    # White or black always has a contrast of at least 4.58. That is the contrast of the grey that
    # is equally far from both.
    button_text = "#ffffff" if contrast("#ffffff", accent) >= TEXT_CONTRAST else "#000000"
    return Palette(
        button=accent,
        button_text=button_text,
        link_on_light=readable(accent, LIGHT_GROUND, TEXT_CONTRAST),
        line_on_light=readable(accent, LIGHT_GROUND, CONTROL_CONTRAST),
        link_on_dark=readable(accent, DARK_GROUND, TEXT_CONTRAST),
        line_on_dark=readable(accent, DARK_GROUND, CONTROL_CONTRAST),
    )


def readable(colour: str, ground: str, ratio: float) -> str:
    """Return `colour`, changed as little as possible to contrast with `ground` by `ratio`.

    The colour is darkened on a light ground and lightened on a dark one. `ratio` is the least
    contrast, from 1 to 21.

    Raises:
        ValueError: not even black or white reaches the ratio, or a colour is not `#rrggbb`.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255 for c in _channels(colour)))
    end = 0.0 if luminance(ground) > 0.18 else 1.0
    for step in range(_STEPS + 1):
        moved = lightness + (end - lightness) * step / _STEPS
        channels = colorsys.hls_to_rgb(hue, moved, saturation)
        candidate = _hex(tuple(round(c * 255) for c in channels)) if step else colour
        if contrast(candidate, ground) >= ratio:
            return candidate
    raise ValueError(f"no colour has a contrast of {ratio} with {ground}")


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    """Return a channel of sRGB (0 to 1) as linear light (0 to 1)."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[int, ...]:
    """Return red, green and blue of `#rrggbb`, each from 0 to 255.

    Raises:
        ValueError: `colour` is written differently.
    """
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ValueError("a colour is written #rrggbb")
    return tuple(bytes.fromhex(colour[1:]))


def _hex(channels: tuple[int, ...]) -> str:
    """Return the channels, each from 0 to 255, as `#rrggbb`."""
    return "#" + bytes(channels).hex()
