"""What the form calls wrong, in one word for programs; and what of a form is an answer."""

from typing import Any

import pytest

from callbacks.intake import extra_form_fields, request_form
from callbacks.intake.errors import Invalid
from callbacks.models import Widget
from tests.support.extra_fields import ORDER, required
from tests.support.factories import make_submission

WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"number": "06 12"}, {"number": "too_short"}),
    ({"email": "nobody"}, {"email": "email"}),
    ({"email": " "}, {"email": "email"}),
    ({"when": "tomorrow"}, {"when": "when"}),
    ({"consent": False}, {"consent": "required"}),
    ({"answers": {"order": "a\nb"}}, {"field_order": "control_characters"}),
    ({"answers": {}}, {"field_order": "required"}),
    ({"number": "jo@x.example", "email": "06"}, {"number": "email", "email": "email"}),
]


@pytest.mark.parametrize(("fields", "codes"), WRONG)
def test_each_wrong_field_is_named_with_its_code_and_a_sentence(
    fields: dict[str, Any], codes: dict[str, str]
) -> None:
    widget = Widget(email_required=True, extra_fields=[required(ORDER)])
    right = {"answers": {"order": "A-17"}}
    with pytest.raises(Invalid) as refused:
        request_form.cleaned(make_submission(widget, **right | fields))
    assert refused.value.codes == codes
    assert set(refused.value.errors) == set(codes)
    assert all(refused.value.errors.values())


def test_only_texts_and_ticks_of_additional_fields_are_answers() -> None:
    sent = {"field_a": "x", "field_b": True, "field_c": ["x"], "field_d": 3, "number": "06"}
    assert extra_form_fields.typed(sent) == {"a": "x", "b": True}
