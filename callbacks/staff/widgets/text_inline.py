"""The texts of a widget, in its form: one block for each language.

Visitors see our own text where a field is empty.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminTextareaWidget

from callbacks.models import Widget, WidgetText
from callbacks.staff.common.model_admin import OneLine
from callbacks.widgets import texts

LONG = {"introduction", "consent", "sales_call_notice", "pause_message"}


class TextForm(forms.ModelForm):  # type: ignore[type-arg]
    """The texts in one language.

    `language_name` is the heading of the block. The person does not choose the language.
    """

    class Meta:
        model = WidgetText
        fields = (
            *("language", "heading", "introduction", "button", "consent"),
            *("sales_call_notice", "pause_message"),
        )
        widgets = {"language": forms.HiddenInput}

    def __init__(self, *args: Any, of_widget: Widget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.instance.language or self.initial.get("language", "")
        self.language_name = str(dict(settings.LANGUAGES).get(code, code))
        if code:
            self._show_ours(code, of_widget)

    def _show_ours(self, code: str, widget: Widget) -> None:
        """Show our own text in each empty field, as a placeholder."""
        with translation.override(code):
            ours = vars(texts.completed(WidgetText(), widget))
            ours |= {"sales_call_notice": texts.default_sales_call_notice()}
        for name, field in self.fields.items():
            if name in ours:
                field.widget.attrs |= {"placeholder": ours[name], "lang": code}


class TextInline(OneLine, StackedInline):  # type: ignore[misc]
    model = WidgetText
    form = TextForm
    template = "staff/_widget_texts.html"
    can_delete = False  # a person empties the fields instead
    max_num = len(settings.LANGUAGES)

    def get_extra(self, request: HttpRequest, obj: Widget | None = None, **kwargs: Any) -> int:
        return len(languages_without_text(obj))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "language":
            kwargs["widget"] = forms.HiddenInput
        if db_field.name in LONG:
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def languages_without_text(widget: Widget | None) -> list[str]:
    """Return the languages in which the widget has no text of its own."""
    known = set(widget.texts.values_list("language", flat=True)) if widget else set()
    return [code for code, _name in settings.LANGUAGES if code not in known]
