"""Create an API key in the admin, and show it once."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from callbacks.abuse import limits
from callbacks.accounts import api_keys
from callbacks.core.one_line import single_line
from callbacks.models import ApiKey, Scope, Widget
from callbacks.staff.common.current_user import current_user
from callbacks.staff.common.pages import staff_page

SALT = "callbacks.staff.accounts.new_api_key"


class NewApiKeyForm(forms.Form):
    """What the key is called, for which widget it is, and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=ApiKey._meta.get_field("name").max_length,
        help_text=gettext_lazy("What uses the key, such as the name of the system."),
        validators=[single_line],
        widget=UnfoldAdminTextInputWidget,
    )
    widget = forms.ModelChoiceField(
        label=gettext_lazy("Widget"),
        queryset=Widget.objects.order_by("name", "pk"),
        required=False,
        empty_label=gettext_lazy("All widgets"),
        help_text=gettext_lazy("A widget includes the requests about its topics."),
        widget=UnfoldAdminSelectWidget,
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        help_text=gettext_lazy("Give the key only what its system needs."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    # Each form creates one key, also if the answer to it is loaded again.
    once = forms.CharField(max_length=200, validators=[single_line], widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, person: User) -> None:
        first = signing.dumps(get_random_string(20), salt=SALT)
        super().__init__(data, initial={"once": first})
        allowed = [scope for scope in Scope if api_keys.may_grant(person, scope)]
        field = self.fields["scopes"]
        field.choices = [(scope.value, scope.label) for scope in allowed]  # type: ignore[attr-defined]

    def clean_once(self) -> str:
        """Return the random name of this form."""
        try:
            return str(signing.loads(self.cleaned_data["once"], salt=SALT))
        except signing.BadSignature:
            raise forms.ValidationError(_("Open this page again.")) from None


def page(request: HttpRequest) -> HttpResponse:
    """Show the form on GET. On POST, create the key and show it, this once."""
    person = current_user(request)
    form = NewApiKeyForm(request.POST if request.method == "POST" else None, person=person)
    listing = reverse("admin:callbacks_apikey_changelist")
    if request.method != "POST" or not form.is_valid():
        return staff_page(
            request, "staff/new_api_key.html", title=_("Create an API key"), form=form, back=listing
        )
    typed = form.cleaned_data
    if not limits.is_first(f"new-api-key:{typed['once']}"):
        messages.warning(
            request,
            _("This form has already created a key, which was shown once. Nothing was changed."),
        )
        return HttpResponseRedirect(listing)
    scopes = [Scope(name) for name in typed["scopes"]]
    key, secret = api_keys.create(typed["name"], scopes, typed["widget"], person=person)
    answer = staff_page(
        request,
        "staff/api_key_shown.html",
        title=_("The API key was created"),
        key=key,
        secret=secret,
        back=listing,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
