"""Give a unit its credentials as systemd does: in a folder of its own, for its user alone."""

import os
import shutil
from pathlib import Path

CREDENTIALS = Path("/run/credentials")


def give(name: str, wanted: list[str], user: int) -> dict[str, str]:
    """Put the files of each `LoadCredential=ID:PATH` there; return the variable with the folder.

    Raises:
        OSError: there is no such file or folder. systemd does not start the unit either.
    """
    if not wanted:
        return {}
    take(name)
    folder = CREDENTIALS / name
    folder.mkdir(parents=True)
    for line in wanted:
        id_, _, path = line.partition(":")
        source = Path(path)
        assert source.is_absolute(), line
        # Of a folder, each file is a credential: systemd puts the ID before its name.
        files = {id_: source}
        if source.is_dir():
            files = {f"{id_}_{file.name}": file for file in source.iterdir()}
        for credential, file in files.items():
            copy = folder / credential
            copy.write_bytes(file.read_bytes())
            copy.chmod(0o400)
            os.chown(copy, user, -1)
    folder.chmod(0o500)
    os.chown(folder, user, -1)
    return {"CREDENTIALS_DIRECTORY": str(folder)}


def take(name: str) -> None:
    """Remove the credentials of a unit that has ended."""
    shutil.rmtree(CREDENTIALS / name, ignore_errors=True)
