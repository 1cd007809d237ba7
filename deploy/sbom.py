"""Write what runs on a site as an SBOM: a list of all packages, in CycloneDX's JSON format.

The packages, versions and hashes are those that are locked in requirements.txt. Licences and what
depends on what come from the packages installed in .venv.

    make sbom             # writes callback.cdx.json
    make sbom ARGS=PATH
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from licences import ROOT, licence_of
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_LOCKED = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+).*\\\n((?: +--hash=\S+.*\n)+)")
_HASH = re.compile(r"--hash=(\w+:\w+)")


def main() -> int:
    """Write the file that the first argument names."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "callback.cdx.json")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = dict(_packages((ROOT / "requirements.txt").read_text()))
    bom = Bom(components=packages.values())
    site = _component(project["name"], project["version"], project["license"], ())
    site.type = ComponentType.APPLICATION
    bom.metadata.component = site
    bom.register_dependency(site, _needed(project["dependencies"], packages))
    for name, package in packages.items():
        bom.register_dependency(package, _needed(_requirements_of(name, project), packages))
    outputter = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    path.write_text(outputter.output_as_string(indent=2) + "\n")
    print(f"{path}: {len(packages)} packages")
    return 0


def _packages(lock: str) -> Iterator[tuple[str, Component]]:
    """Yield each locked package that this system needs, by name."""
    for name, version, hashes in _LOCKED.findall(lock):
        licence = licence_of(name)
        if licence is not None:
            yield name, _component(name, version, licence, _HASH.findall(hashes))


def _component(name: str, version: str, licence: str, hashes: Iterable[str]) -> Component:
    """Return a package. The hashes are those of its files for all systems."""
    # The project itself is not on PyPI; another one there may have its name.
    kind = "pypi" if hashes else "generic"
    purl = PackageURL(kind, name=canonicalize_name(name), version=version)
    files = [
        ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(f"https://pypi.org/project/{name}/{version}/"),
            hashes=[HashTypeFactory().from_composite_str(text) for text in sorted(hashes)],
        )
    ]
    return Component(
        name=name,
        version=version,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
        external_references=files if hashes else (),
    )


def _requirements_of(name: str, project: dict[str, list[str]]) -> Iterator[str]:
    """Yield what a package requires here, with the extras that the project asks for."""
    asked = map(Requirement, project["dependencies"])
    extras = {""}.union(*(one.extras for one in asked if canonicalize_name(one.name) == name))
    for text in metadata.requires(name) or ():
        marker = Requirement(text).marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            yield text


def _needed(requirements: Iterable[str], packages: dict[str, Component]) -> list[Component]:
    """Return the packages that these requirements name."""
    names = {canonicalize_name(Requirement(text).name) for text in requirements}
    return [packages[name] for name in sorted(names) if name in packages]


if __name__ == "__main__":
    sys.exit(main())
