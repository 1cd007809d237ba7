"""Numbers and emails are masked everywhere, until who may see them asks, on record."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.lifecycle import actions, retrying
from callbacks.models import Attempt, AuditEntry, CallRequest, Outcome, Status
from callbacks.staff.common import unmasking
from tests.support.factories import make_request
from tests.support.staff.pages import LIST, action_url, make_staff, page_of, select, signed_in

pytestmark = pytest.mark.django_db

# In whatever way they are written; 34 56 is the part that is masked.
SPELLINGS = ("0612345678", "612345678", "06 12 34 56 78", "+33 6 12 34 56 78", "06/12/34/56/78")


@pytest.fixture
def seer() -> User:
    return make_staff("seer", "view_callrequest", "act_on_callrequest", "unmask_callrequest")


@pytest.fixture
def request_(chief: User) -> CallRequest:
    """A request whose number and email stand in every text that there is."""
    said = "call 06 12 34 56 78, 612345678 or 06/12/34/56/78, Jean.Dupont@Example.fr"
    call_request = make_request(
        number="+33612345678",
        email="jean.dupont@example.fr",
        status=Status.FAILED,
        page_url="https://shop.example.fr/thanks/jean.dupont@example.fr",
        page_title="Thanks, 0612345678",
        referrer="https://shop.example.fr/0612345678",
        campaign={"utm_term": "0612345678"},
        address="192.0.2.77",
    )
    now = clock.now()
    Attempt.objects.create(
        call_request=call_request,
        widget=call_request.widget,
        number=1,
        started_at=now,
        deadline_at=now,
        worker="w",
        service="call.uh.live",
        outcome=Outcome.REFUSED,
        excerpt=f"refused: {said}",
    )
    actions.add_note(call_request, chief, said)
    retrying.retry(call_request, chief, note=said)
    actions.cancel(call_request, chief, note=said)
    CallRequest.objects.filter(pk=call_request.pk).update(status=Status.FAILED)
    return CallRequest.objects.get(pk=call_request.pk)


def reveals(html: str) -> list[str]:
    secrets = (*SPELLINGS, "jean.dupont@", "192.0.2.77")
    return [secret for secret in secrets if secret in html.casefold()]


def show(client: Client, call_request: CallRequest) -> int:
    return client.post(
        reverse("admin:callbacks_callrequest_show", args=[call_request.pk])
    ).status_code


@pytest.mark.long
def test_no_page_reveals_them(staff: Client, request_: CallRequest) -> None:
    references = [f"number:{request_.pk}", f"email:{request_.pk}", request_.public_id]
    pages = [staff.get(LIST, {"q": text}) for text in ("", *references)]
    pages += [staff.get(page_of(request_)), staff.get(reverse("admin:index"))]
    pages += [staff.get(action_url("retry"), {"request": request_.pk})]
    pages += [staff.get(reverse("admin:callbacks_auditentry_changelist"))]
    for page in pages:
        assert page.status_code == 200
        assert reveals(page.content.decode()) == []
    assert reveals(select(staff, "retry", request_)) == []
    assert "+33 6 •• •• •• 78" in pages[0].content.decode()


def test_who_may_sees_one_request_on_record(seer: User, request_: CallRequest) -> None:
    client, other = signed_in(seer), make_request(number="+33698765432")
    assert reveals(client.get(page_of(request_)).content.decode()) == []
    assert show(client, request_) == 302
    html = client.get(page_of(request_)).content.decode()
    assert {"+33 6 12 34 56 78", "jean.dupont@", "192.0.2.77"} <= set(reveals(html))
    assert "+33 6 98 76 54 32" not in client.get(page_of(other)).content.decode()
    assert reveals(client.get(LIST).content.decode()) == []
    entry = AuditEntry.objects.get(action=audit_log.UNMASK)
    assert (entry.person, entry.about) == (seer, request_.public_id)


def test_an_unmasked_number_is_seen_by_this_session_alone_and_not_for_long(
    seer: User, request_: CallRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(seer)
    show(client, request_)
    assert reveals(signed_in(seer).get(page_of(request_)).content.decode()) == []
    later = unmasking.time.time() + unmasking.SECONDS + 1  # type: ignore[attr-defined]
    monkeypatch.setattr(unmasking.time, "time", lambda: later)  # type: ignore[attr-defined]
    assert reveals(client.get(page_of(request_)).content.decode()) == []


def test_what_was_shown_while_the_clock_was_ahead_is_masked_once_it_is_set_back(
    seer: User, request_: CallRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(seer)
    ahead = unmasking.time.time() + 10 * 60  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setattr(unmasking.time, "time", lambda: ahead)  # type: ignore[attr-defined]
        show(client, request_)
        assert reveals(client.get(page_of(request_)).content.decode()) != []
    assert reveals(client.get(page_of(request_)).content.decode()) == []


def test_losing_the_permission_ends_it(seer: User, request_: CallRequest) -> None:
    client = signed_in(seer)
    show(client, request_)
    seer.user_permissions.remove(*seer.user_permissions.filter(codename="unmask_callrequest"))
    assert reveals(client.get(page_of(request_)).content.decode()) == []


def test_who_may_not_is_refused(agent: User, request_: CallRequest) -> None:
    client = signed_in(agent)
    assert "Show number" not in client.get(page_of(request_)).content.decode()
    assert show(client, request_) == 403
    assert client.get(page_of(request_)).context["is_masked"]
    assert not AuditEntry.objects.filter(action=audit_log.UNMASK).exists()


def test_unmasking_takes_a_post(seer: User, request_: CallRequest) -> None:
    client = signed_in(seer)
    address = reverse("admin:callbacks_callrequest_show", args=[request_.pk])
    assert client.get(address).status_code == 405
    assert not AuditEntry.objects.filter(action=audit_log.UNMASK).exists()


def test_who_only_looks_on_does_not_get_the_visitors_page(
    onlooker: User, request_: CallRequest
) -> None:
    # There, the call could be cancelled and the number changed.
    assert request_.token not in signed_in(onlooker).get(page_of(request_)).content.decode()
