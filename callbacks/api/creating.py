"""Create a request for a system of the company, which says that the visitor agreed."""

from datetime import datetime
from typing import Annotated

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from ninja import Schema
from pydantic import ConfigDict, Field

from callbacks.api import fields, problems, refusals
from callbacks.api.fields import AnswersIn
from callbacks.api.problems import Problem
from callbacks.api.values import Moment
from callbacks.consent.proof import Vouched
from callbacks.intake import accept, idempotency
from callbacks.intake.errors import Refused
from callbacks.intake.idempotency import Once
from callbacks.intake.submission import ChosenTopic, Submission, VisitSource
from callbacks.models import ApiKey, CallRequest, Status, Widget
from callbacks.public.form import visit_source
from callbacks.widgets import languages, topics
from callbacks.widgets.topics import OfferedTopic


class ConsentIn(Schema):
    """What the visitor agreed to, and when. The company answers for both."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
    given_at: Moment


class RequestIn(Schema):
    """Who is to be called, by which widget, and with which consent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    widget: Annotated[str, Field(max_length=32, pattern="^[-a-zA-Z0-9_]+$")]
    topic: Annotated[str, Field(max_length=40)] | None = None
    # What the visitor typed has no limit here: the form's own rules refuse it, with a sentence in
    # the visitor's language. The other limits are for developers, and answer in English.
    number: str
    email: str | None = None
    identifier: Annotated[str, Field(min_length=1, max_length=254)] | None = None
    language: Annotated[str, Field(min_length=2, max_length=10)] | None = None
    consent: ConsentIn
    when: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    page: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    fields: AnswersIn | None = None


class CreatedOut(Schema):
    """The request that was created. `status_url` is the visitor's page: give it to nobody else."""

    id: str
    status: Status
    status_url: str
    due_at: datetime


def create(key: ApiKey, body: RequestIn, call: Once) -> tuple[CreatedOut, bool]:
    """Return the request that this call leads to, and whether it is new.

    Raises:
        Problem: the request is not accepted, or the Idempotency-Key was used with another body.
    """
    with translation.override(languages.supported(body.language or "") or settings.LANGUAGE_CODE):
        try:
            found, is_new = _accept(key, body, call)
        except Refused as refused:
            names = {"given_at": "consent.given_at"}
            if body.identifier is not None:
                names["email"] = "identifier"
            raise refusals.problem(refused, names) from None
    return shown(found), is_new


def _accept(key: ApiKey, body: RequestIn, call: Once) -> tuple[CallRequest, bool]:
    """Return the request that this call leads to, and whether it is new.

    Raises:
        Refused: it is not accepted, or the Idempotency-Key was used with another body.
    """
    if earlier := idempotency.done_before(call):
        return earlier, False
    try:
        accepted = accept.accept(_submission(key, body, call))
    except Refused:
        # The same call may have been accepted at the same moment.
        if earlier := idempotency.done_before(call):
            return earlier, False
        raise
    if not accepted.is_new:
        idempotency.done_before(call)  # raises if that was another body
    return accepted.call_request, accepted.is_new


def _submission(key: ApiKey, body: RequestIn, call: Once) -> Submission:
    """Return what the system sent, as `intake` takes it.

    Raises:
        Problem: a value is wrong.
    """
    shown_by = Widget.objects.filter(public_id=body.widget, is_active=True).first()
    if shown_by is None:
        raise _invalid("widget", "No widget has this ID.")
    widget = shown_by
    topic = None
    if body.topic is not None:
        topic = topics.find(shown_by, body.topic)
        if topic is None:
            raise _invalid("topic", "The widget offers no such topic.")
        widget = topics.taking(topic)
    if key.widget_id not in (None, widget.pk, shown_by.pk):
        raise _invalid("widget", "No widget has this ID.")
    if body.email is not None and body.identifier is not None:
        raise _invalid("identifier", "Send email or identifier, not both.")
    language = languages.supported(body.language) if body.language else widget.language
    if body.language and not language:
        raise _invalid("language", "This language is not supported.")
    language = language or settings.LANGUAGE_CODE
    page = visit_source.read({"page_url": body.page or ""}, shown_by.campaign_names)
    if body.page and not page.page_url:
        raise _invalid("page", "Send a web address (http or https).")
    return Submission(
        widget=widget,
        topic=ChosenTopic(shown_by, topic.key, _label(topic, language)) if topic else None,
        nonce=call.nonce,
        number=body.number,
        email=body.email or body.identifier or "",
        language=language,
        consent=True,
        consent_text="",
        when=body.when or "",
        answers=fields.checked(widget, body.fields),
        source=VisitSource(page_url=page.page_url, campaign=page.campaign),
        vouched=Vouched(key, body.consent.text, body.consent.given_at),
        is_identifier=body.identifier is not None,
        tells_email=body.identifier is not None,
        body_hash=call.body_hash,
    )


def _label(topic: OfferedTopic, language: str) -> str:
    """Return the label of the topic in the language of the request."""
    with translation.override(language):
        return topic.label


def _invalid(name: str, sentence: str) -> Problem:
    return Problem(problems.INVALID, errors=[problems.Field(f"body.{name}", sentence)])


def shown(call_request: CallRequest) -> CreatedOut:
    """Return what the creator of a request is told, as it is now: no answer is stored."""
    path = reverse("public:status", settings.ROOT_URLCONF, args=[call_request.token])
    return CreatedOut(
        id=call_request.public_id,
        status=Status(call_request.status),
        status_url=settings.PUBLIC_URL + path,
        due_at=call_request.due_at,
    )
