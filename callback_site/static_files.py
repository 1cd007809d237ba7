"""Let several versions share one folder of static files: each has a list (manifest) of its own."""

from pathlib import Path

from whitenoise.storage import CompressedManifestStaticFilesStorage

from callback_site.version import VERSION

_FOLDER = Path(__file__).resolve().parent.parent.name


class SharedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Static files under names that contain a digest, beside those of other versions.

    During an upgrade, and after going back, a version starts while another one has collected its
    files last. With that one's list, it would not find its own files, and each page would fail.
    """

    # Versions that are in the making may have the same number, but not the same folder.
    manifest_name = f"staticfiles.{_FOLDER}.{VERSION}.json"
