"""The form of a widget for the pages of its allowed sites: no key, but the checks of the form.

A site that draws its own form gets what to show, and sends what the visitor typed. `Origin` takes
the place of `Sec-Fetch-Site`: browsers set it, and it must be one of the widget's allowed sites.
"""

import json
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import translation
from ninja import Query, Router, Schema
from ninja.responses import Status as Answer
from ninja.security import APIKeyHeader
from pydantic import ConfigDict, Field

from callbacks.api import cors, fields, idempotency, problems, refusals
from callbacks.api.creating import CreatedOut, shown
from callbacks.api.documents import problems_of
from callbacks.api.fields import AnswersIn, ShownField
from callbacks.api.problems import Problem
from callbacks.api.widgets import SlotsOut, offered_by
from callbacks.contact import number_sentences
from callbacks.intake import errors
from callbacks.models import CallRequest
from callbacks.public.form import bot_checks, pages, taking, topics
from callbacks.public.form.pages import Shown
from callbacks.public.form.typed import Typed
from callbacks.public.http import language
from callbacks.widgets import cache as widget_cache

router = Router(tags=["browsers"])


class AllowedOrigin(APIKeyHeader):
    """The header `Origin`, which browsers set and pages cannot: one of the widget's sites."""

    param_name = "Origin"
    who_may = "The pages of the widget's allowed sites may do this, without a key."

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the cached widget.

        Raises:
            Problem: there is no such widget, or another site asks.
        """
        match = request.resolver_match
        known = widget_cache.find(str(match.kwargs["id"])) if match else None
        if known is None:
            raise Problem(problems.NOT_FOUND, "No widget has this ID.")
        if not cors.is_allowed(request, known):
            raise Problem(problems.ORIGIN_NOT_ALLOWED)
        return known


class TextsOut(Schema):
    """What the form shows, in its language. `consent` stands beside the box to tick."""

    heading: str
    introduction: str
    button: str
    consent: str
    privacy_url: str | None
    sales_call_notice: str | None
    number_hint: str
    pause_message: str


class ShownTopic(Schema):
    """A topic to choose from, with its label in the language of the form."""

    key: str
    label: str


class FormOut(SlotsOut):
    """A form to show. `form_token` is sent back with it, and null while nothing can be sent.

    `topics` are those that a visitor can choose. `topic` is that of the form, or null; `widget` is
    the one that takes its requests.

    `challenge` is a proof of work to solve (ALTCHA), or null if none is asked for.
    """

    topic: str | None
    topics: list[ShownTopic]
    language: str
    form_token: str | None
    challenge: dict[str, Any] | None
    email_required: bool
    fields: list[ShownField]
    texts: TextsOut


class FormIn(Schema):
    """What the visitor typed, and what the page says about itself. `proof` solves the challenge.

    What people type has no limit here: the form's own rules refuse it, with a sentence for them.

    `website` is a trap for bots: hide this field from people, and send what is in it.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    topic: Annotated[str, Field(max_length=40)] | None = None
    form_token: Annotated[str, Field(max_length=1000)]
    number: str = ""
    email: str = ""
    when: Annotated[str, Field(max_length=40)] = ""
    fields: AnswersIn = Field(default_factory=dict)
    consent: bool = False
    language: Annotated[str, Field(max_length=10)] = ""
    page_url: str = ""
    page_title: str = ""
    referrer: str = ""
    proof: Annotated[str, Field(max_length=8000)] = ""
    website: str = ""
    identity_expires: Annotated[str, Field(max_length=20)] = ""
    identity_signature: Annotated[str, Field(max_length=100)] = ""


@router.get(
    "/{slug:id}/form",
    auth=AllowedOrigin(),
    response={200: FormOut, **problems_of(403, 404, 422)},
    summary="Get the form",
)
def form(
    request: HttpRequest,
    id: str,
    language_asked: Annotated[str, Query("", alias="language", max_length=10)],
    topic: Annotated[str, Query("", max_length=40)],
) -> FormOut:
    """Return what a page shows to a visitor now: the form of the widget, or of its `topic`."""
    host = _active(request)
    with translation.override(language.of_form(request, host.widget, language_asked)):
        known = _about(host, topic, "query")
    with translation.override(language.of_form(request, known.widget, language_asked)):
        form_shown = _shown(known, host, topic)
        offered = pages.offered_first(known, all_days=True)
        offers = offered_by(known.widget, offered, host.widget)
        token = form_shown.new_token() if offers.takes_requests else None
        challenge = bot_checks.challenge(known.widget, token) if token else ""
        texts = form_shown.texts
        return FormOut(
            **offers.model_dump(),
            topic=topic or None,
            topics=[ShownTopic(key=one.key, label=one.label) for one in host.topics],
            language=form_shown.language,
            form_token=token,
            challenge=json.loads(challenge) if challenge else None,
            email_required=known.widget.email_required,
            fields=fields.shown(known.widget),
            texts=TextsOut(
                heading=texts.heading,
                introduction=pages.introduction(form_shown, offered),
                button=texts.button,
                consent=texts.full_consent,
                privacy_url=texts.privacy_url or None,
                sales_call_notice=texts.sales_call_notice or None,
                number_hint=number_sentences.hint(known.widget.allowed_regions),
                pause_message=texts.pause_message,
            ),
        )


@router.post(
    "/{slug:id}/requests",
    auth=AllowedOrigin(),
    response={201: CreatedOut, **problems_of(400, 403, 404, 409, 413, 415, 422, 429)},
    summary="Send the form",
)
def send(
    request: HttpRequest,
    id: str,
    body: FormIn,
    idempotency_key: idempotency.Optional = None,
) -> Answer[CreatedOut]:
    """Create the request that a visitor asks for. The form token makes it once: send it again as it
    is if the answer was lost. An Idempotency-Key is accepted, and not needed.
    """
    host = request.auth  # type: ignore[attr-defined]
    left_out = {"consent", "fields", "language", "topic"}
    sent = {name: value for name, value in body.model_dump(exclude=left_out).items() if value}
    if body.consent:
        sent["consent"] = "on"
    with translation.override(language.of_form(request, host.widget, body.language)):
        known = _taking(host, body.topic or "", Typed.read(sent, host.widget))
    if isinstance(known, CallRequest):
        return Answer(201, shown(known))
    sent |= fields.as_typed(fields.checked(known.widget, body.fields))
    typed = Typed.read(sent, known.widget, host.widget)
    with translation.override(language.of_form(request, known.widget, body.language)):
        try:
            if not host.widget.is_active:
                accepted = taking.taken_before(known.widget, typed)
                if accepted is None:
                    raise Problem(problems.NOT_FOUND, "No widget has this ID.")
            else:
                about = _shown(known, host, body.topic or "")
                accepted = taking.take(request, about, typed, sent)
        except taking.REFUSALS as refused:
            raise refusals.of_form(refused) from None
    return Answer(201, shown(accepted))


def _active(request: HttpRequest) -> widget_cache.Known:
    """Return the widget of the request, if it is active."""
    known = request.auth  # type: ignore[attr-defined]
    assert isinstance(known, widget_cache.Known)  # noqa: S101
    if not known.widget.is_active:
        raise Problem(problems.NOT_FOUND, "No widget has this ID.")
    return known


def _about(host: widget_cache.Known, topic: str, place: str) -> widget_cache.Known:
    """Return the widget itself, or the one that takes the requests about this topic.

    Raises:
        Problem: the widget offers no such topic. `place` is where it was named: `query` or `body`.
    """
    found = widget_cache.find_topic(host, topic) if topic else host
    if found is None:
        wrong = problems.Field(f"{place}.topic", str(topics.GONE.sentence))
        raise Problem(problems.INVALID, errors=[wrong])
    return found


def _taking(host: widget_cache.Known, topic: str, typed: Typed) -> widget_cache.Known | CallRequest:
    """Return the widget that takes the form, or the request that it led to before its topic went.

    Raises:
        Problem: the widget offers no such topic.
    """
    try:
        return _about(host, topic, "body")
    except Problem:
        try:
            earlier = taking.taken_before_for_a_topic(typed)
        except errors.AlreadyUsed:
            earlier = None
        if earlier is None:
            raise
        return earlier


def _shown(known: widget_cache.Known, host: widget_cache.Known, topic: str) -> Shown:
    """Return the form in the active language."""
    code = translation.get_language() or ""
    return Shown(
        known.widget,
        code,
        known.texts_in(code),
        known.restore_mark,
        topic=host.topic(topic),
        offered_by=host.widget if known.widget != host.widget else None,
    )
