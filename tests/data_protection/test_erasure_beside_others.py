"""An erasure, or retention, while somebody else does something with the same person's requests."""

from datetime import timedelta

import pytest

from callbacks.consent import chain as consent_chain
from callbacks.consent import verification
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.data_protection import retention as retention_rules
from callbacks.dispatch import PlaceResult, place_next
from callbacks.intake import accept, correction
from callbacks.intake import errors as intake_errors
from callbacks.lifecycle import actions, blocking, retrying
from callbacks.models import Block, CallRequest, Move, Status
from tests.support.call_service.fake_api import FakeApi
from tests.support.concurrency import LONGEST_SECONDS, begin, once_after
from tests.support.factories import accept_some, make_request, make_submission, make_widget

NUMBER, EMAIL = "+33612345678", "jo@example.fr"
FIRST_READ = 'FROM "callbacks_callrequest"'
BY = pytest.mark.parametrize("by", [{"number": NUMBER}, {"email": EMAIL}], ids=["number", "email"])

both = pytest.mark.django_db
at_once = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def erase_while(person, do, *, after=FIRST_READ, **who):
    """Erase; once the erasure has executed `after`, somebody else begins `do`. Return what that
    came to.
    """
    beside = []
    with once_after(after, lambda: beside.append(begin(do))):
        erasure.erase(person, **who)
    return beside[0].result(timeout=LONGEST_SECONDS)


class TestOnPostgreSQL:
    pytestmark = at_once

    @BY
    def test_a_form_that_comes_in_between_is_kept_as_promised(self, admin_user, by):
        old = make_request(status=Status.CALLED, number=NUMBER, email=EMAIL)
        asked = make_submission(make_widget(), number=NUMBER, email=EMAIL)
        accepted = erase_while(admin_user, lambda: accept.accept(asked), **by)
        row = CallRequest.objects.get(pk=accepted.call_request.pk)
        assert (row.status, row.number, row.email, row.erased_at) == (
            Status.QUEUED,
            NUMBER,
            EMAIL,
            None,
        )
        assert row.consent_proofs.get().salt
        old.refresh_from_db()
        assert old.erased_at
        with pytest.raises(intake_errors.TooMany):  # its hit was not taken out with the others
            accept.accept(
                make_submission(asked.widget, nonce="another", number=NUMBER, email=EMAIL)
            )

    def test_a_proof_that_gets_its_place_meanwhile_keeps_a_right_seal(self, admin_user):
        [call_request] = accept_some(1)
        number = str(call_request.number)
        written = 'UPDATE "callbacks_consentproof"'
        assert erase_while(admin_user, consent_chain.chain_up, after=written, number=number) == 0
        assert consent_chain.chain_up() == 1
        assert list(verification.verify()) == []

    def test_an_erasure_while_proofs_get_their_places_waits_for_them(self, admin_user):
        [call_request] = accept_some(1)
        beside = []

        def erase_beside():
            who = {"number": str(call_request.number)}
            beside.append(begin(lambda: erasure.erase(admin_user, **who)))

        with once_after('FROM "callbacks_consentproof"', erase_beside):
            assert consent_chain.chain_up() == 1
        beside[0].result(timeout=LONGEST_SECONDS)
        assert call_request.consent_proofs.get().salt == ""
        assert list(verification.verify()) == []

    @BY
    def test_a_retry_in_between_calls_nobody(self, admin_user, by):
        seen = make_request(status=Status.FAILED, number=NUMBER, email=EMAIL)
        assert not erase_while(admin_user, lambda: retrying.retry(seen, admin_user), **by)
        row = CallRequest.objects.get()
        assert (row.status, row.number) == (Status.FAILED, "")
        assert row.erased_at
        assert not Move.objects.exists()

    @BY
    def test_a_worker_in_between_calls_nobody(self, admin_user, by):
        make_request(number=NUMBER, email=EMAIL)
        api = FakeApi()
        assert erase_while(admin_user, lambda: place_next(api), **by) is PlaceResult.IDLE
        assert api.calls == []
        row = CallRequest.objects.get()
        assert (row.status, row.number) == (Status.CANCELLED, "")

    def test_a_number_that_is_corrected_to_it_in_between_is_kept(self, admin_user):
        make_request(status=Status.CALLED, number=NUMBER)
        other = make_request(number="+33687654321", email=EMAIL)
        assert erase_while(
            admin_user, lambda: correction.correct_number(other, NUMBER), number=NUMBER
        )
        row = CallRequest.objects.get(pk=other.pk)
        assert (row.status, row.number, row.erased_at) == (Status.QUEUED, NUMBER, None)

    @pytest.mark.parametrize("after", [FIRST_READ, 'UPDATE "callbacks_block"'])
    @pytest.mark.parametrize("who", ["visitor", "staff"])
    def test_the_number_is_not_written_into_the_block_list_in_between(self, admin_user, after, who):
        seen = make_request(number=NUMBER)
        do = {
            "visitor": lambda: blocking.never_again(seen),
            "staff": lambda: blocking.block(seen, admin_user),
        }[who]
        assert not erase_while(admin_user, do, after=after, number=NUMBER)
        assert not Block.objects.exists()

    def test_retention_leaves_alone_what_somebody_is_at(self, admin_user):
        now = clock.now()
        call_request = make_request(status=Status.FAILED, created_at=now - timedelta(days=9999))

        seen = CallRequest.objects.get()

        def purge_beside():
            beside = begin(lambda: retention_rules.purge(now))
            assert beside.done(), "retention waits for whoever is at the row"
            assert not beside.result()

        with once_after('UPDATE "callbacks_callrequest"', purge_beside):
            assert retrying.retry(seen, admin_user)
        call_request.refresh_from_db()
        assert (call_request.status, call_request.erased_at) == (Status.QUEUED, None)
        assert call_request.number


@both
@pytest.mark.parametrize("what", ["requests", "addresses"])
def test_retention_looks_at_the_state_where_it_writes(admin_user, what):
    """A request that is retried between the read and the write, as seen by one connection."""
    now = clock.now()
    widget = make_widget(retention_months=1, address_days=1)
    days = 99 if what == "requests" else 2
    call_request = make_request(
        widget=widget,
        status=Status.FAILED,
        created_at=now - timedelta(days=days),
        address="192.0.2.7",
    )
    actions.add_note(call_request, admin_user, "called by hand")

    def retry():
        assert retrying.retry(CallRequest.objects.get(), admin_user)

    read = '"callbacks_callrequest"."created_at" < %s'
    if what == "addresses":
        read = '"callbacks_callrequest"."address"'
    with once_after(read, retry):
        assert not retention_rules.purge(now)
    call_request.refresh_from_db()
    assert (call_request.status, call_request.erased_at) == (Status.QUEUED, None)
    assert (bool(call_request.number), call_request.address) == (True, "192.0.2.7")
    assert call_request.notes.exists()
