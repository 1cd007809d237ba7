"""Template tags for pages in a frame."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from callbacks.widgets import loader

register = template.Library()


@register.simple_tag
def embed_script(name: str) -> SafeString:
    """Return the element that loads the frame's script `name`, one file for all its parts."""
    return format_html('<script type="module" src="{}"></script>', loader.address(name))
