"""Two versions share one folder of static files, and each finds its own in it."""

from pathlib import Path

from django.core.management import call_command
from django.test import override_settings

from callback_site.static_files import SharedStaticFiles
from callback_site.version import VERSION
from tests.support.sandbox_process import ROOT


class OldVersion(SharedStaticFiles):
    manifest_name = SharedStaticFiles.manifest_name.replace(VERSION, "0.0.1")


def collect(storage: type[SharedStaticFiles], source: Path, target: Path) -> None:
    """Collect the static files of a version."""
    backend = f"{storage.__module__}.{storage.__name__}"
    finder = "django.contrib.staticfiles.finders.FileSystemFinder"
    with override_settings(
        STORAGES={"staticfiles": {"BACKEND": backend}},
        STATICFILES_DIRS=[source],
        STATICFILES_FINDERS=[finder],
        STATIC_ROOT=target,
    ):
        call_command("collectstatic", interactive=False, verbosity=0)


def test_an_old_version_finds_its_files_after_a_new_one_has_collected_its_own(
    tmp_path: Path,
) -> None:
    old, new, shared = (tmp_path / name for name in ("old", "new", "shared"))
    for folder, names in ((old, ("gone.css", "both.css")), (new, ("both.css", "more.css"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"/* {name} of {folder.name} */")
    collect(OldVersion, old, shared)
    before = {
        name: OldVersion(location=shared).stored_name(name) for name in ("gone.css", "both.css")
    }
    collect(SharedStaticFiles, new, shared)

    # As in a process of the old version that is started only now.
    again = OldVersion(location=shared)
    assert {name: again.stored_name(name) for name in before} == before
    for name, stored in before.items():
        assert (shared / stored).read_text() == f"/* {name} of old */"
    stored = SharedStaticFiles(location=shared).stored_name("both.css")
    assert (shared / stored).read_text() == "/* both.css of new */"
    assert stored != before["both.css"]


def test_the_list_of_a_version_is_named_by_its_folder_and_its_number() -> None:
    assert SharedStaticFiles.manifest_name == f"staticfiles.{ROOT.name}.{VERSION}.json"
