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

from callbacks.models import WidgetText
from callbacks.public.embed import scripts
from callbacks.widgets import snippets
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
    assert re.search(r"max-age=(\d+)", response["Cache-Control"])[1] == "300"
    again = Client().get("/embed/v1.js", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for_any_site(again)
    other = Client().get("/embed/v1.js", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_the_pinned_one_is_kept_for_ever_and_has_the_digest_that_is_printed() -> None:
    loader = scripts.script(scripts.LOADER)
    response = Client().get(scripts.address(scripts.LOADER))
    for_any_site(response)
    assert "immutable" in response["Cache-Control"]
    digest = base64.b64encode(hashlib.sha384(response.content).digest()).decode()
    assert loader.integrity == f"sha384-{digest}"
    assert response.content == Client().get("/embed/v1.js").content


def test_compressed_it_is_the_same() -> None:
    response = Client().get("/embed/v1.js", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(response.content) == scripts.script(scripts.LOADER).content
    assert "Accept-Encoding" in response["Vary"]


@pytest.mark.parametrize(
    "path", ["v1.000000000000.js", "v2.js", "nothing.000000000000.js", "v1..js", "v1.%2e%2e.js"]
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert Client().get(f"/embed/{path}").status_code == 404


def test_an_earlier_one_is_still_there(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(scripts, "KEPT", tmp_path)
    digest = hashlib.sha256(b"earlier").hexdigest()[:12]
    (tmp_path / f"v1.{digest}.js").write_bytes(b"earlier")
    response = Client().get(f"/embed/v1.{digest}.js")
    for_any_site(response)
    assert response.content == b"earlier"
    assert "immutable" in response["Cache-Control"]


def test_the_one_of_now_is_kept_for_when_it_is_an_earlier_one() -> None:
    """Fails when the loader, or what minifies it, has changed: a release with the address of
    a script that the next release has not would break the sites that pin it."""
    loader = scripts.script(scripts.LOADER)
    kept = scripts.KEPT / scripts.kept_name(loader.digest)
    assert kept.is_file(), "the loader has changed: run .venv/bin/python deploy/keep_loader.py"
    assert kept.read_bytes() == loader.content


def test_those_that_are_kept_are_what_they_are_named_after() -> None:
    for path in scripts.KEPT.iterdir():
        content = path.read_bytes()
        assert path.name == scripts.kept_name(hashlib.sha256(content).hexdigest()[:12])
        assert Client().get(f"/embed/{path.name}").content == content


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
    assert snippets.moving(widget).line == (
        '<script async src="http://testserver/embed/v1.js"></script> '
        f'<call-me-back widget="{widget.public_id}"><a href="{link}">'
        "Ring &lt;me&gt; &amp; &quot;us&quot;</a></call-me-back>"
    )
    floating = snippets.moving(widget, "floating").element
    assert 'mode="floating" accent="#fde047" accent-text="#000000"' in floating
    pinned = snippets.pinned(widget).script
    assert scripts.address(scripts.LOADER) in pinned
    assert f'integrity="{scripts.script(scripts.LOADER).integrity}"' in pinned
    assert 'crossorigin="anonymous"' in pinned


@pytest.mark.django_db
def test_a_command_prints_them(capsys: Any) -> None:
    widget = make_widget()
    call_command("embed_line", widget.public_id, "--mode", "floating", "--pinned")
    printed = capsys.readouterr()
    assert printed.out.strip() == snippets.pinned(widget, "floating").line
    assert "No site may show this widget yet" in printed.err
    with pytest.raises(CommandError, match="no widget"):
        call_command("embed_line", "none")


def test_what_is_served_has_no_comments() -> None:
    for name in scripts.PARTS:
        content = scripts.script(name).content.decode()
        assert not re.search(r"^\s*//", content, re.MULTILINE)
        assert "  " not in content.replace("\\n", "") or name == scripts.LOADER
