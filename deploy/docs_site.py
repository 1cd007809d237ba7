"""Build the documents as a site, with MkDocs: `make docs`, or `deploy/docs_site.py FOLDER`.

The files are written for a forge, where links lead anywhere in the repository. On the site, some
files outside docs/ become pages, a few become downloads, and links to all others become their text.
A link that leads nowhere fails.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs_links import problems

ROOT = Path(__file__).resolve().parent.parent
# Files outside docs/ that are pages.
PAGES = {
    "README.md": "index.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "LICENSE": "license.md",
}
DOWNLOADS = {".json", ".yml", ".conf", ".ts"}
LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?P<target>[^)\s]+)\)")


def main() -> int:
    """Build the site into the folder that was named, or into var/site."""
    site = Path(sys.argv[1] if sys.argv[1:] else ROOT / "var" / "site").resolve()
    with tempfile.TemporaryDirectory() as folder:
        put_together(Path(folder))
        if not build(Path(folder), site):
            return 1
    for page in site.glob("*.html"):
        # The plugin's link to the start in another language works only at the root of a server.
        page.write_text(page.read_text().replace('href="/fr/', 'href="fr/'))
    broken = problems(site)
    print(*broken, sep="\n", file=sys.stderr, end="\n" * bool(broken))
    if not broken:
        print(f"The site is in {site}: {sys.executable} -m http.server --directory {site} 8008")
    return bool(broken)


def build(documents: Path, site: Path) -> bool:
    """Let MkDocs build the site, and say what it complains about; return whether it is whole."""
    done = subprocess.run(
        # Not --quiet: with it, MkDocs would not count its warnings, and strict would mean nothing.
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict"),
            *("--config-file", ROOT / "mkdocs.yml", "--site-dir", site),
        ],
        # Material tells of plans for other versions of MkDocs at each build.
        env=os.environ | {"DOCUMENTS": str(documents), "NO_MKDOCS_2_WARNING": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


def put_together(folder: Path) -> None:
    """Fill the folder with the pages, their pictures and what they offer for download."""
    shutil.copytree(ROOT / "docs" / "screenshots", folder / "screenshots")
    for path in (ROOT / "docs").glob("*.md"):
        (folder / path.name).write_text(with_links_of_site(path, folder))
    for name, page in PAGES.items():
        text = with_links_of_site(ROOT / name, folder)
        (folder / page).write_text(text if text.startswith("#") else f"# Licence\n\n{text}")


def with_links_of_site(path: Path, folder: Path) -> str:
    """Return the text of a file with links that work on the site; copy what can be downloaded."""
    is_french = path.name.endswith(".fr.md")

    def link(found: re.Match[str]) -> str:
        target, _, anchor = found["target"].partition("#")
        if not target or ":" in target:
            return found[0]
        file = (path.parent / target).resolve()
        if not file.exists() or not file.is_relative_to(ROOT):
            return found[0]  # MkDocs says that it is broken
        name = file.relative_to(ROOT).as_posix()
        if name in PAGES:
            name = PAGES[name]
        elif name.startswith("docs/"):
            name = name.removeprefix("docs/")
        elif file.suffix in DOWNLOADS:
            (folder / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / "files" / name)
            name = f"files/{name}"
        else:
            return found["text"].strip("[]")
        anchor = f"#{anchor}" if anchor else ""
        to_french = name.endswith(".fr.md")
        if to_french == is_french and (name.endswith(".md") or not is_french):
            return f"{found['text']}({name}{anchor})"
        # MkDocs knows the files of one language at a time. docs_links checks these.
        if name.endswith(".md"):
            name = f"{name[:-6]}.html" if to_french else f"{name[:-3]}.html"
        name = f"fr/{name}" if to_french else f"../{name}"
        text = found["text"].lstrip("!")[1:-1]
        if found["text"].startswith("!"):
            return f'<img alt="{text}" src="{name}">'
        return f'<a href="{name}{anchor}">{text}</a>'

    text, parts, end = path.read_text(), [], 0
    # Code may stand inside a link's text, so a piece of code is kept apart only if it is a block.
    for code in re.finditer(r"(?ms)^```.*?^```$", text):
        parts += [LINK.sub(link, text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, LINK.sub(link, text[end:])])


if __name__ == "__main__":
    sys.exit(main())
