"""A start collects the static files again only if something has changed since the last time."""

from types import SimpleNamespace

import pytest
from django.contrib.staticfiles.finders import get_finder

from callbacks.operations import preparing


@pytest.fixture
def site(settings, monkeypatch, tmp_path):
    """A site with one static file; `site.collected` counts how often it was collected."""

    class Site:
        source = tmp_path / "source" / "form.css"
        there = tmp_path / "static" / "form.css"
        collected = 0

        def start(self):
            """Return whether a start collects."""
            before = self.collected
            preparing.static_files()
            return self.collected > before

    site = Site()

    def collect(name, **options):
        assert name == "collectstatic"
        site.collected += 1
        site.there.parent.mkdir(exist_ok=True)
        site.there.write_text(site.source.read_text())

    site.source.parent.mkdir()
    site.source.write_text("a {}")
    settings.STATICFILES_DIRS = [site.source.parent]
    settings.STATIC_ROOT = site.there.parent
    get_finder.cache_clear()
    monkeypatch.setattr(preparing, "call_command", collect)
    assert site.start()
    yield site
    get_finder.cache_clear()


def test_nothing_is_collected_twice(site):
    assert not site.start()
    assert not site.start()


def test_a_changed_file_is_collected(site):
    site.source.write_text("a { color: red }")
    assert site.start()
    assert site.there.read_text() == "a { color: red }"
    assert not site.start()


def test_a_new_file_is_collected(site):
    site.source.with_name("more.css").touch()
    assert site.start()


def test_a_collected_file_that_was_deleted_or_damaged_is_collected_again(site):
    site.there.unlink()
    assert site.start()
    site.there.write_text("")
    assert site.start()
    assert not site.start()


def test_files_of_another_version_are_collected_again(site, monkeypatch):
    monkeypatch.setattr(preparing, "version", lambda package: "another")
    assert site.start()


def test_another_version_of_the_project_collects_its_own_list(site, monkeypatch):
    storage = SimpleNamespace(manifest_name="staticfiles.callback-2.json")
    monkeypatch.setattr(preparing, "staticfiles_storage", storage)
    assert site.start()
    assert not site.start()


def test_a_folder_that_cannot_be_written_is_one_sentence(site, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "source" / "form.css" / "static"
    with pytest.raises(preparing.CommandError, match="cannot be written to"):
        preparing.static_files()
