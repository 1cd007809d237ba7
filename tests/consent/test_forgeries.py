"""Forgeries that somebody without the key could try, each as a whole, are found."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import QuerySet

from callbacks.consent import chain as consent_chain
from callbacks.consent import proof as consent_proof
from callbacks.consent import verification
from callbacks.consent.texts import text_digest
from callbacks.core import clock, crypto
from callbacks.models import CallRequest, ConsentEvent, ConsentProof, ConsentText
from tests.support.factories import accept_some, make_widget
from tests.support.samples.proofs import NOW, age, change, kept

pytestmark = pytest.mark.django_db


def corrected(call_request: CallRequest, number: str) -> None:
    """Correct the number of a request, with a proof of it."""
    CallRequest.objects.filter(pk=call_request.pk).update(**crypto.number_columns(number))
    call_request.refresh_from_db()
    consent_proof.record_later_event(call_request, ConsentEvent.CORRECTED)


def rows_of(call_request: CallRequest) -> QuerySet[ConsentProof]:
    return ConsentProof.objects.filter(call_request=call_request)


def chain_again(*, after: ConsentProof) -> None:
    """Take all later rows out of the chain, and have housekeeping chain them again."""
    assert after.link is not None
    ConsentProof.objects.filter(link__gt=after.link).update(link=None, chain="")
    consent_chain.chain_up()


def swap_the_proofs(first: CallRequest, second: CallRequest) -> None:
    one, other = rows_of(first).earliest("pk"), rows_of(second).earliest("pk")
    ConsentProof.objects.filter(pk=one.pk).update(call_request=second)
    ConsentProof.objects.filter(pk=other.pk).update(call_request=first)


def swap_the_commitments(first: CallRequest, second: CallRequest) -> None:
    names = ["salt", *(f"{part}_commitment" for part in verification.COMMITTED)]
    one, other = rows_of(first).earliest("pk"), rows_of(second).earliest("pk")
    for proof, values in [(one, other), (other, one)]:
        change(proof, **{name: getattr(values, name) for name in names})
    CallRequest.objects.filter(pk=first.pk).update(**crypto.number_columns(second.number))
    CallRequest.objects.filter(pk=second.pk).update(**crypto.number_columns(first.number))


def swap_the_public_ids(first: CallRequest, second: CallRequest) -> None:
    for call_request, public_id in [
        (first, "0"),
        (second, first.public_id),
        (first, second.public_id),
    ]:
        CallRequest.objects.filter(pk=call_request.pk).update(public_id=public_id)


def copy_a_row(first: CallRequest, second: CallRequest) -> None:
    copied = rows_of(first).earliest("pk")
    copied.pk, copied.link, copied.chain = copied.pk + 1000, None, ""
    copied.save(force_insert=True)
    consent_chain.chain_up()


def raise_the_version(first: CallRequest, second: CallRequest) -> None:
    ConsentText.objects.update(version=7)


def change_the_language(first: CallRequest, second: CallRequest) -> None:
    ConsentText.objects.update(language="en")


def change_the_text_everywhere(first: CallRequest, second: CallRequest) -> None:
    text = "Call me about anything."
    ConsentText.objects.update(text=text, digest=text_digest(text))
    CallRequest.objects.update(consent_text=text)


def give_the_text_to_another_widget(first: CallRequest, second: CallRequest) -> None:
    ConsentText.objects.update(widget=make_widget())


def give_the_request_to_another_widget(first: CallRequest, second: CallRequest) -> None:
    CallRequest.objects.filter(pk=first.pk).update(widget=make_widget())


def change_the_consent_time(first: CallRequest, second: CallRequest) -> None:
    CallRequest.objects.filter(pk=first.pk).update(consent_at=NOW - timedelta(microseconds=1))


def move_the_time_by_a_microsecond(first: CallRequest, second: CallRequest) -> None:
    at = NOW + timedelta(microseconds=1)
    rows_of(first).filter(event="given").update(at=at)
    CallRequest.objects.filter(pk=first.pk).update(created_at=at, consent_at=at)


def delete_one_in_the_middle(first: CallRequest, second: CallRequest) -> None:
    rows_of(first).latest("pk").delete()


def delete_one_in_the_middle_and_chain_again(first: CallRequest, second: CallRequest) -> None:
    rows_of(first).latest("pk").delete()
    CallRequest.objects.filter(pk=first.pk).update(**crypto.number_columns(CORRECTIONS[0]))
    chain_again(after=rows_of(first).latest("pk"))


def swap_two_corrections_and_chain_again(first: CallRequest, second: CallRequest) -> None:
    """Make the earlier of two corrected numbers look like the present one."""
    given, earlier, later = rows_of(first).order_by("pk")
    ConsentProof.objects.filter(pk=earlier.pk).update(id=later.pk + 1000)
    CallRequest.objects.filter(pk=first.pk).update(**crypto.number_columns(CORRECTIONS[0]))
    chain_again(after=given)


CORRECTIONS = ["+33612345688", "+33612345699"]
FORGERIES = [
    swap_the_proofs,
    swap_the_commitments,
    swap_the_public_ids,
    copy_a_row,
    raise_the_version,
    change_the_language,
    change_the_text_everywhere,
    give_the_text_to_another_widget,
    give_the_request_to_another_widget,
    change_the_consent_time,
    move_the_time_by_a_microsecond,
    delete_one_in_the_middle,
    delete_one_in_the_middle_and_chain_again,
    swap_two_corrections_and_chain_again,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_of_somebody_without_the_key_is_found(
    forge: Callable[[CallRequest, CallRequest], None],
) -> None:
    with clock.set_to(NOW):
        first, second = accept_some(2)
        for number in CORRECTIONS:
            corrected(first, number)
        corrected(second, CORRECTIONS[0])
    consent_chain.chain_up()
    assert list(verification.verify()) == []
    forge(first, second)
    assert list(verification.verify())


def test_a_later_event_alone_does_not_prove_the_time_of_the_consent() -> None:
    [call_request] = accept_some(1)
    corrected(call_request, CORRECTIONS[0])
    rows_of(call_request).filter(event="given").delete()
    CallRequest.objects.update(created_at=NOW - timedelta(days=9))
    [problem] = verification.verify()
    assert problem.what == verification.NOT_GIVEN


def put_back_the_salt(erased: ConsentProof, kept: ConsentProof) -> None:
    change(erased, salt=kept.salt, page_url=kept.page_url)


def put_back_the_row(erased: ConsentProof, kept: ConsentProof) -> None:
    kept.save(force_update=True)


def put_back_the_row_and_the_request(erased: ConsentProof, kept: ConsentProof) -> None:
    put_back_the_row(erased, kept)
    CallRequest.objects.filter(pk=kept.call_request_id).update(erased_at=None)


def name_another_number(erased: ConsentProof, kept: ConsentProof) -> None:
    CallRequest.objects.filter(pk=kept.call_request_id).update(
        **crypto.number_columns(CORRECTIONS[0])
    )


def name_another_time_of_erasure(erased: ConsentProof, kept: ConsentProof) -> None:
    CallRequest.objects.filter(pk=kept.call_request_id).update(erased_at=NOW)


def say_that_the_storage_period_is_over(erased: ConsentProof, kept: ConsentProof) -> None:
    change(erased, emptied_at=NOW, text=None)


@pytest.mark.parametrize(
    "forge",
    [
        put_back_the_salt,
        put_back_the_row,
        put_back_the_row_and_the_request,
        name_another_number,
        name_another_time_of_erasure,
        say_that_the_storage_period_is_over,
    ],
    ids=lambda forge: forge.__name__,
)
def test_an_erased_proof_cannot_be_made_to_say_more(
    forge: Callable[[ConsentProof, ConsentProof], None],
) -> None:
    before = kept()
    erased = age(ConsentProof.objects.get(pk=before.pk), 40)
    assert erased.salt == "" != before.salt
    forge(erased, before)
    assert list(verification.verify())


def test_a_row_with_a_wrong_seal_keeps_it_when_it_gets_its_place() -> None:
    accept_some(2)
    proof = ConsentProof.objects.earliest("pk")
    change(proof, page_url="https://other.example/")
    consent_chain.chain_up()
    assert proof.pk in {problem.proof for problem in verification.verify()}
