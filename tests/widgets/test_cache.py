"""A widget that is shown is read now and then; what changes is seen within moments."""

import pytest
from django.test import Client

from callbacks.core import boot_clock
from callbacks.models import Widget, WidgetText
from callbacks.widgets import cache as widget_cache
from tests.support.factories import make_widget

pytestmark = pytest.mark.django_db


def test_a_change_in_this_process_is_seen_at_once() -> None:
    widget = make_widget(language="en")
    path = widget.get_absolute_url()
    Client().get(path)
    WidgetText.objects.create(widget=widget, language="en", heading="Talk to us")
    assert "Talk to us" in Client().get(path).content.decode()
    widget.is_active = False
    widget.save()
    assert Client().get(path).status_code == 404


def test_a_change_in_another_process_is_seen_after_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = make_widget().get_absolute_url()
    now = 1000.0
    monkeypatch.setattr(boot_clock, "now", lambda: now)
    assert Client().get(path).status_code == 200
    Widget.objects.update(is_active=False)  # tells nobody, like another process
    assert Client().get(path).status_code == 200
    now += widget_cache.KEPT_SECONDS
    assert Client().get(path).status_code == 404


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget_cache._known, "most", 3)
    for widget in [make_widget() for _ in range(10)]:
        widget_cache.find(widget.public_id)
        assert len(widget_cache._known) <= 3


def test_what_is_not_there_is_not_remembered() -> None:
    assert widget_cache.find("nothing") is None
    assert len(widget_cache._known) == 0
