"""Print COUNT form tokens of a widget, one on each line: `tokens.py WIDGET COUNT`."""

import sys

import django

django.setup()

from django.utils import translation  # noqa: E402

from callbacks.intake import form_token  # noqa: E402
from callbacks.models import Widget  # noqa: E402
from callbacks.widgets import texts  # noqa: E402

widget = Widget.objects.get(public_id=sys.argv[1])
with translation.override("fr"):
    consent = texts.of(widget, "fr").consent
for _ in range(int(sys.argv[2])):
    print(form_token.new(widget, consent))
