"""deploy/check_translations.py: what it calls a fault of a catalogue."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import polib
import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "check_translations.py"


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_translations", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def catalogue(*entries: polib.POEntry) -> polib.POFile:
    translation = polib.POFile()
    translation.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=2; plural=(n > 1);",
    }
    translation.extend(entries)
    return translation


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (polib.POEntry(msgid="Call me", msgstr=""), "not translated"),
        (polib.POEntry(msgid="Call me", msgstr="Appelez-moi", flags=["fuzzy"]), "fuzzy"),
        (polib.POEntry(msgid="Call me", msgstr="Appelez-moi", obsolete=True), "no longer"),
        (polib.POEntry(msgid="At %(hour)s", msgstr="À %(heure)s"), "placeholders"),
        (polib.POEntry(msgid="At {hour}", msgstr="À l'heure"), "placeholders"),
        (
            polib.POEntry(
                msgid="a call", msgid_plural="%(n)s calls", msgstr_plural={0: "un appel", 1: ""}
            ),
            "not translated",
        ),
        (
            polib.POEntry(
                msgid="a call", msgid_plural="%(n)s calls", msgstr_plural={0: "un appel"}
            ),
            "without its 2 plural forms",
        ),
    ],
)
def test_a_catalogue_with_work_left(check: ModuleType, entry: polib.POEntry, fault: str) -> None:
    (problem,) = check.incomplete(catalogue(entry))
    assert fault in problem


def test_a_complete_catalogue(check: ModuleType) -> None:
    plural = polib.POEntry(
        msgid="a call",
        msgid_plural="%(n)s calls",
        msgstr_plural={0: "un appel", 1: "%(n)s appels"},
    )
    simple = polib.POEntry(msgid="100%% at %(hour)s", msgstr="à %(hour)s, 100%%")
    assert list(check.incomplete(catalogue(plural, simple))) == []


def test_the_compiled_file_must_say_the_same(check: ModuleType, tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    translation = catalogue(polib.POEntry(msgid="Call me", msgstr="Appelez-moi"))
    (problem,) = check.outdated(translation, compiled)
    assert "not compiled" in problem
    translation.save_as_mofile(str(compiled))
    assert list(check.outdated(translation, compiled)) == []
    translation[0].msgstr = "Rappelez-moi"
    (problem,) = check.outdated(translation, compiled)
    assert "compilemessages" in problem


def test_strings_that_only_one_side_has(check: ModuleType) -> None:
    translation = catalogue(
        polib.POEntry(msgid="Old", msgstr="Vieux"),
        polib.POEntry(msgid="May", msgctxt="month", msgstr="Mai"),
    )
    problems = list(check.differing(translation, {("", "May"), ("month", "May")}))
    assert ["missing" in problem for problem in problems] == [True, False]
    assert "'May'" in problems[0]
    assert "'Old'" in problems[1]


@pytest.fixture
def without_xgettext(monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "xgettext" else which(name))


@pytest.mark.usefixtures("without_xgettext")
def test_without_gettext_new_strings_are_left_out_aloud(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    check.main()
    assert "!! gettext is not installed" in capsys.readouterr().out


@pytest.mark.usefixtures("without_xgettext")
def test_without_gettext_ci_fails(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert check.main() == 1
    assert "apt install gettext" in capsys.readouterr().out
