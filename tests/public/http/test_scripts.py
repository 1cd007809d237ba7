"""The loader's addresses: one that moves, and one for ever with its SRI; for any site."""

import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from callbacks.models import Widget, WidgetText
from callbacks.widgets import loader, snippets
from tests.support.factories import make_widget


def for_any_site(response: Any) -> None:
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


def test_the_moving_one_is_kept_for_minutes_and_asked_for_again_cheaply() -> None:
    response = Client().get("/embed/v1.js")
    for_any_site(response)
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert re.search(r"max-age=(\d+)", response["Cache-Control"])[1] == "300"  # type: ignore[index]
    again = Client().get("/embed/v1.js", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for_any_site(again)
    other = Client().get("/embed/v1.js", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_the_pinned_one_is_kept_for_ever_and_has_the_digest_that_is_printed() -> None:
    current = loader.script(loader.LOADER)
    response = Client().get(loader.address(loader.LOADER))
    for_any_site(response)
    assert "immutable" in response["Cache-Control"]
    digest = base64.b64encode(hashlib.sha384(response.content).digest()).decode()
    assert current.integrity == f"sha384-{digest}"
    assert response.content == Client().get("/embed/v1.js").content


def test_compressed_it_is_the_same() -> None:
    response = Client().get("/embed/v1.js", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(response.content) == loader.script(loader.LOADER).content
    assert "Accept-Encoding" in response["Vary"]


@pytest.mark.parametrize(
    "path", ["v1.000000000000.js", "v2.js", "nothing.000000000000.js", "v1..js", "v1.%2e%2e.js"]
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert Client().get(f"/embed/{path}").status_code == 404


def test_an_earlier_one_is_still_there(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(loader, "KEPT", tmp_path)
    digest = hashlib.sha256(b"earlier").hexdigest()[:12]
    (tmp_path / f"v1.{digest}.js").write_bytes(b"earlier")
    response = Client().get(f"/embed/v1.{digest}.js")
    for_any_site(response)
    assert response.content == b"earlier"
    assert "immutable" in response["Cache-Control"]


def test_the_one_of_now_is_kept_for_when_it_is_an_earlier_one() -> None:
    """Fails when the loader, or what minifies it, has changed: a release with the address of
    a script that the next release has not would break the sites that pin it.
    """
    current = loader.script(loader.LOADER)
    kept = loader.KEPT / loader.kept_name(current.digest)
    assert kept.is_file(), "the loader has changed: run .venv/bin/python deploy/keep_loader.py"
    assert kept.read_bytes() == loader.to_keep()


def test_those_that_are_kept_are_what_they_are_named_after() -> None:
    for path in loader.KEPT.iterdir():
        content = path.read_bytes()
        assert path.name == loader.kept_name(hashlib.sha256(content).hexdigest()[:12])
        served = Client().get(f"/embed/{path.name}").content
        assert served == content.replace(loader.ORIGIN, b"http://testserver")


def test_the_loader_knows_where_it_comes_from(settings: Any) -> None:
    """By its own text, the moving one and the fixed one; a site that moves has another loader."""
    before = Client().get("/embed/v1.js")
    assert b'"http://testserver"' in before.content
    settings.PUBLIC_URL = "https://callback.example.fr"
    for path in ("/embed/v1.js", loader.address(loader.LOADER)):
        content = Client().get(path).content
        assert content.count(b'"https://callback.example.fr"') == 1
        assert loader.ORIGIN not in content
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        assert loader.script(loader.LOADER).integrity == f"sha384-{digest}"
    again = Client().get("/embed/v1.js", headers={"If-None-Match": before["ETag"]})
    assert again.status_code == 200


def test_a_frame_of_just_before_an_upgrade_gets_the_script_of_now() -> None:
    response = Client().get("/embed/form.000000000000.js")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-cache"


def test_editors_get_types() -> None:
    response = Client().get("/embed/v1.d.ts")
    for_any_site(response)
    assert "CallMeBack" in response.content.decode()


@pytest.mark.django_db
def test_the_lines_to_paste() -> None:
    widget = make_widget(language="en", accent_colour="#fde047")
    WidgetText.objects.create(widget=widget, language="en", button='Ring <me> & "us"')
    link = f"http://testserver/w/{widget.public_id}/"
    assert snippets.unpinned(widget).line == (
        '<script async src="http://testserver/embed/v1.js"></script> '
        f'<call-me-back widget="{widget.public_id}"><a href="{link}">'
        "Ring &lt;me&gt; &amp; &quot;us&quot;</a></call-me-back>"
    )
    floating = snippets.unpinned(widget, "floating").element
    assert 'mode="floating" accent="#fde047" accent-text="#000000"' in floating
    pinned = snippets.pinned(widget).script
    assert loader.address(loader.LOADER) in pinned
    assert f'integrity="{loader.script(loader.LOADER).integrity}"' in pinned
    assert 'crossorigin="anonymous"' in pinned


@pytest.mark.django_db
def test_a_line_in_a_language_asks_for_the_form_in_that_language() -> None:
    """Unless the widget has one language for all."""
    widget = make_widget()
    line = snippets.unpinned(widget, code="fr").element
    assert f'<call-me-back widget="{widget.public_id}" lang="fr"><a href=' in line
    assert f'/w/{widget.public_id}/?lang=fr">Rappelez-moi</a>' in line
    assert '?lang=en">Call me back</a>' in snippets.unpinned(widget, code="en").element
    widget.language = "fr"
    assert "lang=" not in snippets.unpinned(widget, code="fr").element
    assert "Rappelez-moi" in snippets.unpinned(widget, code="fr").element


@pytest.mark.slow
@pytest.mark.django_db
def test_a_command_prints_them(capsys: Any) -> None:
    widget = make_widget()
    options = [widget.public_id, "--mode", "floating", "--pinned"]
    call_command("embed_line", *options)
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines == [snippets.pinned(widget, "floating", code).line for code in ("fr", "en")]
    assert "No site may show this widget yet" in printed.err
    call_command("embed_line", *options, "--language", "en")
    assert capsys.readouterr().out.splitlines() == lines[1:]
    Widget.objects.update(language="fr")
    widget.refresh_from_db()
    call_command("embed_line", *options)
    assert capsys.readouterr().out.splitlines() == [snippets.pinned(widget, "floating").line]
    with pytest.raises(CommandError, match="is in fr only"):
        call_command("embed_line", *options, "--language", "en")
    with pytest.raises(CommandError, match="no widget"):
        call_command("embed_line", "none")


def test_what_is_served_has_no_comments() -> None:
    for name in loader.PARTS:
        content = loader.script(name).content.decode()
        assert not re.search(r"^\s*//", content, re.MULTILINE)
        assert "  " not in content.replace("\\n", "") or name == loader.LOADER
