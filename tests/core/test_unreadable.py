"""A row that cannot be decrypted (a damaged byte, a missing key) stops nothing but itself."""

import itertools
import time
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callbacks.abuse import block_list
from callbacks.consent import chain as consent_chain
from callbacks.consent import verification
from callbacks.core import clock, crypto
from callbacks.data_protection import retention as retention_rules
from callbacks.data_protection import subject_access
from callbacks.dispatch import PlaceResult, place_next
from callbacks.intake import accept
from callbacks.lifecycle import actions, retrying, transitions
from callbacks.models import Alert, AlertKind, Block, CallRequest, Reason, Status, Widget
from callbacks.notifications import alerts
from callbacks.public.form import identity
from callbacks.staff.requests.actions import STAFF_ACTIONS
from callbacks.widgets import cache as widget_cache
from callbacks.worker import housekeeping, purge
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_request, make_widget
from tests.support.factories import make_submission as asked
from tests.support.forms import FILLED, form_of
from tests.support.staff.pages import LIST, action_url, ask, confirm, make_staff, page_of, signed_in

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SAID = "cannot be decrypted"


@pytest.fixture(autouse=True)
def encrypted(settings):
    settings.ENCRYPTION_KEYS = [OLD]
    with translation.override("en"):
        yield


@pytest.fixture
def staff(admin_user):
    return signed_in(admin_user)


def stored(row, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


def damage(row, *columns):
    """Change one byte in the middle of what is stored."""
    for column in columns:
        text = stored(row, column)
        middle = len(text) // 2
        other = "A" if text[middle] != "A" else "B"
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s",
                [text[:middle] + other + text[middle + 1 :], row.pk],
            )
    row.refresh_from_db()
    assert crypto.is_unreadable(*(getattr(row, column) for column in columns))


@pytest.fixture
def damaged():
    """A failed request of which nothing can be read."""
    with clock.set_to(clock.now() - timedelta(hours=1)):
        call_request = accept.accept(asked(address="192.0.2.7")).call_request
        with pytest.raises(ZeroDivisionError):
            place_next(FakeApi(ZeroDivisionError()))
    damage(call_request, "number", "email", "address")
    assert housekeeping.run_round().uncertain == 1
    call_request.refresh_from_db()
    return call_request


class TestCalls:
    @pytest.mark.parametrize("column", ["number", "email"])
    def test_it_waits_for_a_person_and_all_others_are_called(self, column):
        bad, good = (
            [make_request(queue_position=turn) for turn in (1, 2)],
            make_request(queue_position=3),
        )
        for call_request in bad:
            damage(call_request, column)
        api = FakeApi()
        assert [place_next(api) for _ in range(4)] == [PlaceResult.WORKED] * 3 + [PlaceResult.IDLE]
        assert [call["destination"] for call in api.calls] == [good.number]
        for call_request in bad:
            call_request.refresh_from_db()
            assert (call_request.status, call_request.reason) == (
                Status.UNCERTAIN,
                Reason.UNREADABLE,
            )
            assert [(move.name, move.actor) for move in call_request.moves.all()] == [
                ("set_aside", "worker")
            ]
            assert call_request.attempts_made == 0
        assert Alert.objects.get().kind == AlertKind.UNREADABLE

    def test_an_address_is_not_needed_for_a_call(self):
        call_request = make_request(address="192.0.2.7")
        damage(call_request, "address")
        api = FakeApi()
        place_next(api)
        assert [call["destination"] for call in api.calls] == [call_request.number]

    def test_staff_are_told_again_once_it_was_dealt_with(self, admin_user):
        for hours in range(2):
            with clock.set_to(clock.now() + timedelta(hours=hours)):
                call_request = make_request()
                damage(call_request, "number")
                place_next(FakeApi())
                call_request.refresh_from_db()
                purge.end_alert_of_unreadable()
                assert Alert.objects.filter(over_at=None).count() == 1
                assert actions.close(call_request, admin_user)
                purge.end_alert_of_unreadable()
                assert not Alert.objects.filter(over_at=None).exists()
        assert Alert.objects.count() == 2

    def test_housekeeping_looks_whether_it_was_dealt_with(self):
        alerts.raise_alert(AlertKind.UNREADABLE)
        housekeeping.run_round()
        assert Alert.objects.get().over_at

    def test_a_key_that_comes_back_makes_it_callable(self, settings, admin_user):
        call_request = make_request()
        number = call_request.number
        settings.ENCRYPTION_KEYS = [NEW]
        place_next(FakeApi())
        call_request.refresh_from_db()
        assert call_request.reason == Reason.UNREADABLE
        with pytest.raises(transitions.NotAllowed):
            retrying.retry(call_request, admin_user, checked=True)
        settings.ENCRYPTION_KEYS = [NEW, OLD]
        call_request.refresh_from_db()
        assert retrying.retry(call_request, admin_user, checked=True)
        api = FakeApi()
        place_next(api)
        assert [call["destination"] for call in api.calls] == [number]


class TestHousekeeping:
    def test_what_died_and_what_is_late_is_found(self):
        now = clock.now()
        calling = make_request(status=Status.CALLING, attempts_made=1, address="192.0.2.7")
        late = make_request(patience_until=now - timedelta(minutes=1), address="192.0.2.7")
        for call_request in (calling, late):
            damage(call_request, "number", "email", "address")
        report = housekeeping.run_round()
        assert (report.uncertain, report.too_late) == (1, 1)

    def test_it_reads_no_personal_column(self):
        make_request(status=Status.CALLING, attempts_made=1)
        make_request(patience_until=clock.now() - timedelta(minutes=1))
        seen = []

        def wrapper(execute, sql, params, many, context):
            seen.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(wrapper):
            housekeeping.run_round()
        assert not [sql for sql in seen if '"callbacks_callrequest"."email"' in sql]

    def test_retention_takes_it(self):
        call_request = make_request(
            status=Status.CALLED, created_at=clock.now() - timedelta(days=9999)
        )
        damage(call_request, "number", "email")
        assert retention_rules.purge(clock.now()).requests == 1

    def test_the_proofs_are_chained_and_say_what_they_cannot_verify(self, damaged):
        consent_chain.chain_up()
        problems = {problem.what for problem in verification.verify()}
        assert problems == {
            "the request's number cannot be decrypted",
            "the request's email cannot be decrypted",
        }


class TestStaff:
    @pytest.mark.long
    def test_the_list_and_the_page_say_so(self, staff, damaged):
        listed = staff.get(LIST).content.decode()
        assert f'staff-number">{SAID}' in listed
        assert f'staff-email">{SAID}' in listed
        page = staff.get(page_of(damaged)).content.decode()
        assert page.count(SAID) >= 2
        assert action_url("retry") not in page
        assert action_url("close") in page

    @pytest.mark.long
    def test_every_page_comes(self, staff, damaged):
        block_list.add("number", "06 98 76 54 32")
        damage(Block.objects.get(), "value")
        damage(damaged.widget, "identity_secret")
        args = [damaged.pk]
        for address in (
            LIST,
            f"{LIST}?todo=person",
            f"{LIST}?q=number:{damaged.pk}",
            f"{LIST}?q=email:{damaged.pk}",
            page_of(damaged),
            reverse("admin:index"),
            reverse("admin:consent_proof", args=args),
            reverse("admin:callbacks_block_changelist"),
            reverse("admin:callbacks_widget_change", args=[damaged.widget_id]),
            *(f"{action_url(name)}?request={damaged.pk}" for name in STAFF_ACTIONS),
        ):
            assert staff.get(address).status_code == 200, address
        for address, data in (
            (reverse("admin:consent_proof", args=args), {}),
            (reverse("admin:callbacks_callrequest_show", args=args), {}),
            (reverse("admin:callbacks_callrequest_changelist"), {"q": "06 12 34 56 78"}),
            (reverse("admin:privacy"), {"who": "06 12 34 56 78"}),
            (reverse("admin:privacy"), {"who": "06 12 34 56 78", "action": "export"}),
        ):
            assert staff.post(address, data, follow=True).status_code == 200, address
        # Lifted as well.
        assert SAID in staff.get(page_of(damaged)).content.decode()

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("may_unmask", [True, False])
    def test_an_export_says_so_in_the_cell(self, staff, damaged, kind, may_unmask):
        if not may_unmask:
            staff = signed_in(make_staff("exporter", "view_callrequest", "export_callrequest"))
        address = reverse("admin:callbacks_callrequest_export")
        answer = staff.post(address, {"format": kind})
        content = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == 200
        if kind == "csv":
            assert content.decode().count(SAID) == 2

    def test_a_copy_of_somebodys_data_says_so(self, damaged):
        [exported] = subject_access.export(number="+33612345678")["requests"]
        assert (exported["number"], exported["email"]) == (SAID, SAID)

    def test_it_can_be_erased(self, staff, damaged):
        confirm(staff, "erase", ask(staff, "erase", damaged), confirmed="on")
        damaged.refresh_from_db()
        assert damaged.erased_at
        assert stored(damaged, "number") == stored(damaged, "email") == ""
        assert not damaged.number_hash


class TestVisitors:
    @pytest.mark.parametrize("path", ["", "state/", "number/", "cancel/", "never/"])
    @pytest.mark.parametrize("status", list(Status))
    def test_every_page_of_a_request_comes(self, path, status):
        call_request = make_request(status=status, address="192.0.2.7")
        damage(call_request, "number", "email", "address")
        answer = Client().get(f"{call_request.get_absolute_url()}{path}", follow=True)
        assert answer.status_code == 200

    def test_it_is_not_said_that_the_phone_may_have_rung(self):
        call_request = make_request(language="en")
        damage(call_request, "number")
        place_next(FakeApi())
        page = Client(headers={"accept-language": "en"}).get(call_request.get_absolute_url())
        assert "rang" not in page.content.decode()
        assert "went wrong on our side" in page.content.decode()

    def test_the_same_form_leads_to_its_request(self):
        widget = make_widget(language="en")
        form = form_of(Client(), widget)
        first = Client().post(form.action, form.fields | FILLED)
        damage(CallRequest.objects.get(), "number", "email", "address")
        again = Client().post(form.action, form.fields | FILLED)
        assert again["Location"] == first["Location"]

    def test_nobody_can_sign_for_a_site_whose_secret_is_unreadable(self):
        widget = make_widget(language="en")
        damage(widget, "identity_secret")
        widget_cache.forget()
        form = form_of(Client(), widget)
        expires = str(int(time.time()) + 60)
        empty = Widget(public_id=widget.public_id, identity_secret="")
        typed = form.fields | {
            "number": "+33612345678",
            "email": "jo@example.fr",
            "consent": "on",
            "identity_expires": expires,
            "identity_signature": identity.sign(empty, "+33612345678", "jo@example.fr", expires),
        }
        assert Client().post(form.action, typed).status_code == 422
        assert not CallRequest.objects.exists()


class TestRotation:
    def test_it_goes_on_and_says_what_it_left(self, settings):
        bad, good = make_request(), make_request()
        damage(bad, "number")
        before = stored(bad, "number")
        settings.ENCRYPTION_KEYS = [NEW, OLD]
        with pytest.raises(CommandError, match="No key decrypts 1 records"):
            call_command("rotate_encryption")
        assert stored(bad, "number") == before
        settings.ENCRYPTION_KEYS = [NEW]
        assert CallRequest.objects.get(pk=good.pk).number == good.number

    def test_a_row_that_is_saved_keeps_what_is_stored(self, settings):
        call_request = make_request()
        number, hashed, before = (
            call_request.number,
            call_request.number_hash,
            stored(call_request, "number"),
        )
        settings.ENCRYPTION_KEYS = [NEW]
        row = CallRequest.objects.get()
        assert row.number == ""
        row.page_title = "changed"
        row.save()
        assert (stored(row, "number"), row.number_hash) == (before, hashed)
        settings.ENCRYPTION_KEYS = [NEW, OLD]
        assert CallRequest.objects.get().number == number

    def test_a_new_key_is_added_behind_the_old_one_first(self, settings):
        """Machine by machine: each reads what any other writes, at every moment."""
        rounds = [[OLD], [OLD, NEW], [NEW, OLD]]
        for before, after in itertools.pairwise(rounds):
            for writer, reader in ((before, after), (after, before)):
                settings.ENCRYPTION_KEYS = writer
                call_request = make_request()
                settings.ENCRYPTION_KEYS = reader
                assert CallRequest.objects.get(pk=call_request.pk).number == call_request.number
