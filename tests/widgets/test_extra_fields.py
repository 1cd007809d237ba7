"""The rules of additional fields that no page shows alone."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from callbacks.models.extra_fields import (
    MOST_KEPT,
    Choice,
    ExtraField,
    FieldKind,
    in_language,
    read,
)
from callbacks.widgets import answers
from callbacks.widgets.extra_fields import choices_from, key_from, replaced
from tests.support.extra_fields import NAME, ORDER, SUBJECT


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Numéro de commande", "numero_de_commande"),
        ("2ème choix", "eme_choix"),
        ("注文番号", "field"),
        ("x" * 99, "x" * 40),
        ("Order", "order_2"),
    ],
)
def test_a_name_for_other_systems_follows_from_the_label(label: str, key: str) -> None:
    assert key_from(label, {"order"}) == key
    assert read([ORDER | {"key": key}])


def values(*lines: str, known: Any = ()) -> list[str]:
    return [choice.value for choice in choices_from([{"en": line} for line in lines], known)]


def test_choices_keep_their_values() -> None:
    known = choices_from([{"en": "A quote"}, {"en": "A repair"}])
    assert [choice.value for choice in known] == ["a-quote", "a-repair"]
    assert values("A quotation", "A repair", known=known) == ["a-quote", "a-repair"]
    assert values("A repair", "A quote", known=known) == ["a-repair", "a-quote"]
    assert values("Advice", "A quote", "A repair", known=known) == ["advice", "a-quote", "a-repair"]
    gone = (replace(known[0], is_retired=True), known[1])
    assert values("A repair", "A quote", "New", known=gone) == ["a-repair", "a-quote", "new"]


def test_choices_that_read_alike_get_different_values() -> None:
    assert values("Été", "ete", "注文", "番号") == ["ete", "ete-2", "choice", "choice-2"]
    assert values("Same", "Same") == ["same", "same-2"]


def test_the_oldest_of_too_many_removed_fields_are_dropped_last() -> None:
    known = [replace(read([ORDER])[0], key=f"k{n}", is_retired=True) for n in range(MOST_KEPT)]
    fields = replaced(known, read([NAME]))
    assert len(fields) == MOST_KEPT
    assert fields[0].key == "name"
    read([one.stored() for one in fields])


def test_a_label_is_in_the_active_language_or_in_another() -> None:
    with translation.override("en"):
        assert in_language({"fr": "Oui", "en": "Yes"}) == "Yes"
        assert in_language({"fr": "Oui"}) == "Oui"
        assert in_language({}) == ""
    with translation.override("fr-ch"):
        assert in_language({"fr": "Oui", "en": "Yes"}) == "Oui"
    with translation.override(None):
        assert in_language({"fr": "Oui", "en": "Yes"}) == "Oui"


def test_an_answer_in_words() -> None:
    subject = read([SUBJECT])[0]
    with translation.override("en"):
        assert answers.in_words(subject, "quote") == "A quote"
        assert answers.in_words(subject, "gone") == "gone"
        assert answers.in_words(None, True) == "yes"
        assert answers.in_words(None, False) == "no"


def test_what_is_stored_is_read_again() -> None:
    field = ExtraField(
        "subject",
        FieldKind.CHOICE,
        {"en": "Subject"},
        (Choice("a", {"en": "A"}), Choice("b", {"en": "B"}), Choice("c", {"en": "C"}, True)),
        is_required=True,
        is_personal=True,
    )
    assert read([field.stored()]) == [field]
