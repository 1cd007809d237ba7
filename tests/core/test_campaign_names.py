"""The names of campaign parameters that a widget allows: what is a list of them, what is not."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from callbacks.core import campaign_names


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", []),
        ("gclid", ["gclid"]),
        (" gclid,fbclid\n gclid ", ["gclid", "fbclid"]),
        ("mtm_campaign li-fat_id _x", ["mtm_campaign", "li-fat_id", "_x"]),
    ],
)
def test_names_are_read_as_people_type_them(typed: str, names: list[str]) -> None:
    assert campaign_names.listed(typed) == names
    campaign_names.check(names)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("gclid", "Enter a list of names."),
        ([1], "Enter a list of names."),
        ([""], "“” is not the name"),
        (["a" * 41], "is not the name"),
        (["é"], "“é” is not the name"),
        (["a b"], "“a b” is not the name"),
        (['a"'], "is not the name"),
        (["a", "a"], "A name is listed twice."),
        ([f"a{n}" for n in range(11)], "Enter at most 10 names."),
    ],
)
def test_what_is_no_list_of_names_is_refused_with_a_sentence(value: object, said: str) -> None:
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        campaign_names.check(value)
    with translation.override("en"):
        assert said in " ".join(refused.value.messages)
