"""A library with a licence that does not go with ours is found before it is shipped."""

import importlib.util
from types import ModuleType

import pytest

from tests.support.sandbox_process import ROOT


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", ROOT / "deploy" / "licences.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("licence", "on_a_site", "as_a_tool"),
    [
        ("BSD-3-Clause", True, True),
        ("MIT AND PSF-2.0", True, True),
        ("Apache Software License", True, True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True, True),
        ("LGPL-3.0-only", True, True),
        ("GPL-3.0-or-later", False, True),
        ("GPL-2.0-only OR MIT", True, True),
        ("GPL-2.0-only AND MIT", False, True),
        ("AGPL-3.0-only", False, False),
        ("Proprietary", False, False),
        ("", False, False),
    ],
)
def test_which_licences_go_with_ours(
    licences: ModuleType, licence: str, on_a_site: bool, as_a_tool: bool
) -> None:
    assert licences.is_allowed(licence, is_tool=False) is on_a_site
    assert licences.is_allowed(licence, is_tool=True) is as_a_tool


def test_all_that_is_locked_goes_with_ours(
    licences: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert licences.main() == 0, capsys.readouterr().out
    assert ", 0 with a licence" in capsys.readouterr().out
