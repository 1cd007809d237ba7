"""What the statements of intake say is what the rules in Python say, whatever the rows hold."""

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from psycopg import _queries

from callbacks.abuse import block_list, limits
from callbacks.consent.keyed import digest_of, fits_seal
from callbacks.consent.proof import with_requests
from callbacks.consent.texts import text_digest
from callbacks.core import clock
from callbacks.dispatch import claim
from callbacks.intake import chosen_time, facts, request_form, write
from callbacks.intake.submission import VisitSource
from callbacks.models import (
    BlockKind,
    CallRequest,
    ConsentEvent,
    ConsentProof,
    ConsentText,
    LimitHit,
)
from callbacks.scheduling import fair_queue, wait_estimate
from callbacks.scheduling.call_time import CallTime
from callbacks.scheduling.slot_places import Slot
from tests.support.factories import make_submission, make_widget

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLAIM = claim.SQL["claim"].text


def test_a_request_is_written_with_the_position_that_is_told_and_asked_about():
    text = fair_queue.SQL["next_position"].text
    assert text in facts.SQL["ask"].text
    position = text.removeprefix("SELECT ").removesuffix(" AS queue_position")
    assert position in write.SQL["add_request"].text
    joining = position.replace("%(widget_id)s", "due.widget_id")
    assert joining in fair_queue.SQL["join"].text


def test_a_form_is_told_the_wait_that_its_page_tells_afterwards():
    """From `ahead` on, the two statements differ in where they find the position alone."""
    own = wait_estimate.SQL["ask"].text.removeprefix("SELECT ")
    as_intake = own.replace("%(queue_position)s", "(SELECT queue_position FROM place)")
    assert facts.SQL["ask"].text.endswith(as_intake)


def test_due_and_blocked_are_the_same_conditions_as_elsewhere():
    due = re.search(
        r"status = 'queued' AND queue_position .*? AND patience_until .*? AND erased_at IS NULL",
        CLAIM,
    )
    assert due is not None
    assert facts.SQL["ask"].text.count(due.group()) == 2
    blocked = block_list.SQL["is_blocked"].text.replace("%(keys)s", "%(block_keys)s")
    assert blocked in facts.SQL["ask"].text


@pytest.mark.django_db
def test_a_block_is_in_force_in_the_statement_when_it_is_by_the_models():
    number = "+33612345678"
    with clock.set_to(NOW):
        for until in (None, NOW - SECOND, NOW, NOW + SECOND):
            block_list.add(BlockKind.NUMBER, number, until=until)
            is_in_force = block_list.in_force(NOW).exists()
            assert block_list.is_blocked(number=number) is is_in_force
            submission = make_submission(number=number)
            known = facts.ask(submission, request_form.cleaned(submission))
            assert known.is_blocked is is_in_force
        assert not block_list.is_blocked(number="+33612345679")


@pytest.mark.django_db
def test_the_text_and_its_version_are_those_of_the_widget_the_language_and_the_words():
    shown = [("fr", "Un", 1), ("fr", "Deux", 2), ("fr", "Trois", 3), ("en", "Deux", 1)]
    made = []
    for first, widget in enumerate((make_widget(), make_widget())):
        for language, text, number in shown:
            version = number + first  # the widgets' versions of a text differ
            submission = make_submission(widget, language=language, consent_text=text)
            fields = {"language": language, "text": text, "digest": text_digest(text)}
            row = ConsentText.objects.create(
                widget=widget, version=version, created_at=NOW, **fields
            )
            made.append((submission, (row.pk, version)))
    for submission, expected in made:
        known = facts.ask(submission, request_form.cleaned(submission))
        assert (known.text_id, known.text_version) == expected


def is_written(submission):
    values = request_form.cleaned(submission)
    known = facts.ask(submission, values)
    time = chosen_time.time_of(submission.widget, values.number, values.when, known.now)
    try:
        write.write(submission, values, known, time, freed=[])
    except write.ConditionFailed:
        return False
    return True


EVERYTHING = {
    "source": VisitSource(
        "https://shop.example/contact", "Contact", "https://search.example/", {"utm_source": "news"}
    ),
    "address": "192.0.2.7",
    "is_verified": True,
}
AT_ONCE = CallTime(NOW, False, NOW + timedelta(minutes=30))
IN_A_SLOT = CallTime.of_slot(Slot(NOW + timedelta(hours=1), NOW + timedelta(hours=2)))


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [EVERYTHING, {}], ids=["everything", "only what is needed"])
@pytest.mark.parametrize("time", [AT_ONCE, IN_A_SLOT], ids=["at once", "in a slot"])
def test_the_statements_write_what_the_models_would_save(fields, time):
    submission = make_submission(make_widget(slot_capacity=1), **fields)
    values = request_form.cleaned(submission)
    with clock.set_to(NOW):
        known = facts.ask(submission, values)
        call_request = write.write(submission, values, known, time, freed=[])
    saved = CallRequest.objects.get(pk=call_request.pk)
    for field in CallRequest._meta.concrete_fields:
        expected = getattr(call_request, field.attname)
        assert getattr(saved, field.attname) == expected, field.attname
    assert (saved.queue_position is None) is time.is_scheduled
    # The digest covers the facts of a proof, and the seal every column.
    [proof] = with_requests().filter(call_request=saved)
    assert (proof.event, proof.at) == (ConsentEvent.GIVEN, NOW)
    assert proof.digest == digest_of(proof)
    assert fits_seal(proof)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_psycopg_remembers_how_it_parsed_the_messages_of_a_form():
    """It does so only for messages within its limits, and parses the others each time."""
    sent = []

    def note(execute, sql, parameters, many, context):
        sent.append((sql, parameters or ()))
        return execute(sql, parameters, many, context)

    submission = make_submission(**EVERYTHING)
    assert is_written(submission)  # the consent text is new to the first form
    with connection.execute_wrapper(note):
        assert is_written(replace(submission, nonce="another", number="0612345679"))
    assert len(sent) > 1
    for sql, parameters in sent:
        assert len(sql) <= _queries.MAX_CACHED_STATEMENT_LENGTH
        assert len(parameters) <= _queries.MAX_CACHED_STATEMENT_PARAMS


def is_full(allowed):
    try:
        limits.raise_if_full(allowed, NOW)
    except limits.LimitReached:
        return True
    return False


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("place", range(5))
def test_a_limit_is_full_in_the_statement_when_it_is_by_the_models(place, settings):
    settings.ACCOUNT_DAILY_CAP = 2
    widget = make_widget(hourly_cap=2, daily_cap=3)
    submission = make_submission(widget)
    number = request_form.cleaned(submission).number
    allowed = limits.of_request(widget, number, [], NOW)
    limit = allowed[place]
    moments = (
        -limit.window - SECOND,
        -limit.window,
        SECOND - limit.window,
        SECOND * 0,
        clock.SLACK,
        clock.SLACK + SECOND,
    )
    outcomes = set()
    with clock.set_to(NOW):
        for hits, moment in itertools.product(range(limit.most + 2), moments):
            LimitHit.objects.all().delete()
            for ordinal in range(7, 7 + hits):
                LimitHit.objects.create(key=limit.key, ordinal=ordinal, at=NOW + moment)
            full = is_full(allowed)
            assert is_written(submission) is not full, (limit, hits, moment)
            outcomes.add(full)
            assert CallRequest.objects.count() == ConsentProof.objects.count() == int(not full)
            written = LimitHit.objects.filter(at=NOW).exclude(ordinal__gte=7, ordinal__lt=7 + hits)
            assert written.count() == (0 if full else 3)
            ConsentProof.objects.all().delete()
            CallRequest.objects.all().delete()
    assert outcomes == {True, False}
