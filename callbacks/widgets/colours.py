"""The owner's accent colour, at a contrast that everybody can read.

Contrast and its minimum are those of WCAG 2.2 (1.4.3 text, 4.5:1; 1.4.11 controls, 3:1). A colour
keeps its hue and saturation; only its lightness moves, and only as far as it has to.
"""

import colorsys
import re
from dataclasses import dataclass

# The grounds that text stands on in `static/public/page.css`: of each scheme's, the one that is
# the harder to read on.
LIGHT_GROUND = "#f3f4f6"
DARK_GROUND = "#20242c"
TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0

_STEPS = 256


@dataclass(frozen=True)
class Palette:
    """Colours as `#rrggbb`. `link_…` is for text, `line_…` for borders and controls."""

    button: str
    button_text: str
    link_on_light: str
    line_on_light: str
    link_on_dark: str
    line_on_dark: str


def palette(accent: str) -> Palette:
    """In: an accent colour, `#rrggbb`. Raises ValueError for anything else."""
    accent = _hex(_channels(accent))
    # One of the two always has 4.58 at least: the contrast of a grey that is as far from both.
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
    """`colour`, darkened on a light ground or lightened on a dark one until its contrast with
    `ground` is `ratio` at least. The ratio must be one that black or white reaches."""
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
    """WCAG's contrast ratio, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """WCAG's relative luminance, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[int, ...]:
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ValueError("a colour is written #rrggbb")
    return tuple(bytes.fromhex(colour[1:]))


def _hex(channels: tuple[int, ...]) -> str:
    return "#" + bytes(channels).hex()
