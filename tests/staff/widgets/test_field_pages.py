"""Managers add, change and remove the additional fields of a widget; no answer loses its labels."""

from typing import Any

import pytest
from django.test import Client

from callbacks.models import AuditEntry, Widget
from callbacks.models.extra_fields import MOST
from callbacks.staff.widgets.widget_form import WidgetForm
from tests.support.extra_fields import CUSTOMER, NAME, ORDER, SUBJECT
from tests.support.factories import make_request, make_widget
from tests.support.forms import forms_in
from tests.support.staff.widget_form import filled_in

pytestmark = pytest.mark.django_db


def path(widget: Widget, *parts: str) -> str:
    return f"/admin/callbacks/widget/{widget.pk}/fields/" + "".join(f"{part}/" for part in parts)


def add(staff: Client, widget: Widget, **typed: str) -> Any:
    return staff.post(path(widget), {"kind": "text", "key": ""} | typed)


def fields(widget: Widget) -> list[Any]:
    widget.refresh_from_db()
    return [one for one in widget.all_fields if not one.is_retired]


def test_a_field_is_added_and_shown_in_the_list_and_the_preview(staff: Client) -> None:
    widget = make_widget()
    typed = {"label_en": "Order number", "label_fr": "Numéro de commande", "is_required": "on"}
    assert add(staff, widget, **typed).headers["Location"].endswith("/change/#fields")
    [field] = fields(widget)
    assert (field.key, field.is_required, field.is_personal) == ("numero_de_commande", True, False)
    page = staff.get(f"/admin/callbacks/widget/{widget.pk}/change/").text
    assert "Order number" in page
    assert "must be answered" in page
    [sent] = [
        form.fields["previewed_fields"]
        for form in forms_in(page)
        if "previewed_fields" in form.fields
    ]
    preview = staff.post(
        "/admin/callbacks/widget/preview/", {"previewed_fields": sent, "preview_language": "fr"}
    )
    assert '<label for="field_numero_de_commande">Numéro de commande</label>' in preview.text
    entry = AuditEntry.objects.get(action="widget.change")
    assert entry.facts["changed"] == ["extra_fields"]


def test_a_new_field_is_personal_unless_a_person_decides_otherwise(staff: Client) -> None:
    page = staff.get(path(make_widget())).text
    box = page[page.index('name="is_personal"') :]
    assert "checked" in box[: box.index(">")]


def test_a_list_to_choose_from_needs_as_many_lines_in_each_language(staff: Client) -> None:
    widget = make_widget()
    typed = {"kind": "choice", "label_en": "Subject", "choices_en": "A quote\n\nA repair"}
    unequal = add(staff, widget, **typed, choices_fr="Un devis")
    assert "Enter as many choices in each language" in unequal.text
    assert "Enter 2 to 20 choices" in add(staff, widget, **typed | {"choices_en": "One"}).text
    assert not fields(widget)
    add(staff, widget, **typed, choices_fr="Un devis\nUne réparation")
    [field] = fields(widget)
    assert [(c.value, c.labels["fr"]) for c in field.choices] == [
        ("un-devis", "Un devis"),
        ("une-reparation", "Une réparation"),
    ]


def test_a_change_keeps_the_kind_and_the_values_of_choices_that_are_reworded(
    staff: Client,
) -> None:
    widget = make_widget(extra_fields=[ORDER, SUBJECT])
    form = forms_in(staff.get(path(widget, "subject")).text)[-1]
    assert form.fields["label_en"] == "Subject"
    assert "kind" not in form.fields
    choices = {"choices_en": "A quotation\nA repair", "choices_fr": "Un devis\nUne réparation"}
    staff.post(
        path(widget, "subject"),
        {"label_en": "About", "place": "1", "kind": "text", "is_personal": "on"} | choices,
    )
    subject, order = fields(widget)
    assert (subject.key, subject.kind, subject.is_personal) == ("subject", "choice", False)
    assert [(c.value, c.labels["en"]) for c in subject.choices] == [
        ("quote", "A quotation"),
        ("repair", "A repair"),
    ]
    assert order.key == "order"


def test_a_choice_that_is_removed_keeps_its_label_for_the_answers(staff: Client) -> None:
    widget = make_widget(extra_fields=[SUBJECT])
    make_request(widget=widget, answers={"subject": "repair"})
    staff.post(
        path(widget, "subject"), {"label_en": "Subject", "choices_en": "A quote\nAdvice\nOther"}
    )
    [subject] = fields(widget)
    assert [choice.value for choice in subject.offered] == ["quote", "advice", "other"]
    page = staff.get(f"/admin/callbacks/callrequest/{widget.requests.get().pk}/change/").text
    assert "<dd>A repair</dd>" in page


def test_a_removal_asks_first_and_keeps_what_was_answered(staff: Client) -> None:
    widget = make_widget(extra_fields=[ORDER, NAME])
    call_request = make_request(widget=widget, answers={"order": "A-17"})
    page = staff.get(path(widget, "order", "remove")).text
    assert "no longer be asked “Order number”" in page
    assert "Answers that were given stay" in page
    assert len(fields(widget)) == 2
    staff.post(path(widget, "order", "remove"))
    assert [field.key for field in fields(widget)] == ["name"]
    shown = staff.get(f"/admin/callbacks/callrequest/{call_request.pk}/change/").text
    assert "<dt>Order number</dt><dd>A-17</dd>" in shown
    listed = staff.get(f"/admin/callbacks/widget/{widget.pk}/change/").text
    assert "Fields that are no longer asked" in listed
    taken = add(staff, widget, label_en="Order", key="order")
    assert "Another field has this name, or had it." in taken.text
    assert "again" in staff.get(path(widget, "order", "restore")).text
    staff.post(path(widget, "order", "restore"))
    assert [field.key for field in fields(widget)] == ["name", "order"]


def test_a_field_that_nobody_was_asked_is_gone(staff: Client) -> None:
    widget = make_widget(extra_fields=[ORDER])
    assert "Answers that were given" not in staff.get(path(widget, "order", "remove")).text
    staff.post(path(widget, "order", "remove"))
    widget.refresh_from_db()
    assert widget.extra_fields == []


def test_a_widget_has_five_fields_at_most(staff: Client) -> None:
    five = [ORDER | {"key": f"k{number}"} for number in range(MOST)]
    widget = make_widget(extra_fields=[*five, NAME | {"is_retired": True}])
    page = staff.get(f"/admin/callbacks/widget/{widget.pk}/change/").text
    assert path(widget) + '"' not in page
    response = staff.get(path(widget), follow=True)
    assert "can have 5 additional fields at most" in response.text
    response = staff.post(path(widget, "name", "restore"), follow=True)
    assert "can have 5 additional fields at most" in response.text
    assert len(fields(widget)) == MOST


def test_saving_the_widget_undoes_no_field_that_was_added_meanwhile(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = make_widget()
    address = f"/admin/callbacks/widget/{widget.pk}/change/"
    clean = WidgetForm.clean

    def added_meanwhile(form: WidgetForm) -> Any:
        Widget.objects.update(extra_fields=[ORDER])
        return clean(form)

    monkeypatch.setattr(WidgetForm, "clean", added_meanwhile)
    data = filled_in(name="New name")
    assert staff.post(address, data).status_code == 302
    assert [field.key for field in fields(widget)] == ["order"]
    assert widget.name == "New name"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Enter a label in one language at least."),
        ({"label_en": "x" * 101}, "at most 100 characters"),
        ({"label_en": "a\nb"}, "on one line"),
        ({"label_en": "A", "key": "Order number"}, "small letters, digits and _"),
        ({"label_en": "A", "kind": "magic"}, "Select a valid choice"),
        ({"label_en": "A", "place": "99"}, "Select a valid choice"),
        (
            {"label_en": "A", "kind": "choice", "choices_en": "x" * 101 + "\ny"},
            "A label has 100 characters at most.",
        ),
    ],
)
def test_what_is_wrong_is_said(staff: Client, typed: dict[str, str], sentence: str) -> None:
    widget = make_widget(extra_fields=[CUSTOMER])
    page = add(staff, widget, **typed)
    assert page.status_code == 200
    assert sentence in page.text
    assert len(fields(widget)) == 1


@pytest.mark.parametrize("sent", ["[", "[" * 5000, "{}", '[{"key": 1}]', "null", '["\\ud800"]'])
def test_the_preview_survives_fields_that_are_none(staff: Client, sent: str) -> None:
    response = staff.post("/admin/callbacks/widget/preview/", {"previewed_fields": sent})
    assert response.status_code == 200


def test_personal_answers_are_hidden_until_somebody_shows_them(staff: Client) -> None:
    widget = make_widget(extra_fields=[ORDER, NAME])
    call_request = make_request(
        widget=widget,
        answers={"order": "<b>06 12 34 56 78</b>"},
        personal_answers='{"name": "Jo <i>Martin</i>"}',
        number="+33612345678",
    )
    address = f"/admin/callbacks/callrequest/{call_request.pk}/"
    page = staff.get(f"{address}change/").text
    assert "<dt>Your name</dt>" in page
    assert "Jo" not in page
    assert "06 12 34 56 78" not in page  # the number that was written into another field
    staff.post(f"{address}show/")
    page = staff.get(f"{address}change/").text
    assert "Jo &lt;i&gt;Martin&lt;/i&gt;" in page
    assert "&lt;b&gt;06 12 34 56 78&lt;/b&gt;" in page
