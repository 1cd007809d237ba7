"""Install the settings for systemd: the secrets into files that only root may read.

    .venv/bin/python deploy/install_settings.py .env /etc/callback

Each secret in `.env` becomes a file in /etc/callback/secrets, which the units pass as a credential.
All other lines become /etc/callback/callback.env. No file is replaced by one that says otherwise.
"""

import os
import sys
from pathlib import Path

from dotenv.parser import parse_stream

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from callback_site.secret_files import SECRETS


def main(source: str, target: str) -> str:
    """Write the files; return the sentence with which to end if that is not possible, or ""."""
    try:
        with Path(source).open(encoding="utf-8") as lines:
            settings = list(parse_stream(lines))
    except (OSError, ValueError):
        return f"{source} cannot be read."
    if wrong := [line.original.line for line in settings if line.error]:
        return f"{source}: line {wrong[0]} is no NAME=VALUE."
    folder = Path(target)
    files = {
        folder / "secrets" / str(line.key): f"{line.value}\n"
        for line in settings
        if line.key in SECRETS and line.value
    }
    files[folder / "callback.env"] = "".join(
        line.original.string for line in settings if line.key not in SECRETS
    )
    try:
        for path in (folder, folder / "secrets"):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, text in files.items():
            if path.exists() and path.read_text(encoding="utf-8") != text:
                return f"{path} exists, with another content. Change it there, or remove it first."
        for path, text in files.items():
            if not path.exists():
                path.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"{error.filename} cannot be written ({error.strerror})."
    return ""


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(*sys.argv[1:]) or 0)
