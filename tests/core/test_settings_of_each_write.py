"""Whatever writes on PostgreSQL does so with a commit that is on the disk, and with time-outs."""

import io
import json

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from psycopg.pq import TransactionStatus

from callback_site.postgresql.base import Cursor
from callback_site.transaction_settings import no_statement_timeout
from callbacks.abuse import block_list
from callbacks.call_api import CredentialsRefused
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.dispatch import call_switch, last_look, place_next
from callbacks.lifecycle import actions
from callbacks.models import (
    AlertKind,
    BlockKind,
    CallRequest,
    MessageKind,
    PeriodicJob,
    Refusal,
    Status,
    Widget,
)
from callbacks.notifications import alerts, outbox
from callbacks.stats import totals
from callbacks.worker import heartbeat, housekeeping, housekeeping_job
from tests.support import settings_of_writes, visitor_mails
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import accept_vouched, make_request, make_widget
from tests.support.forms import form_of, forms_on, post_form
from tests.support.staff.pages import ask, confirm, page_of
from tests.support.staff.signing_in import (
    CHECK,
    browser,
    code_of,
    send_password,
    with_password,
    with_phone,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def careless_role():
    """The role says that commits need not be on the disk."""
    name = connection.settings_dict["NAME"]
    role = f'ALTER ROLE CURRENT_USER IN DATABASE "{name}"'
    with connection.cursor() as cursor:
        cursor.execute(f"{role} SET synchronous_commit = off")
    connection.close()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"{role} RESET synchronous_commit")
    connection.close()


@pytest.fixture
def tables(careless_role):
    """All of them, watched."""
    names = connection.introspection.django_table_names(only_existing=True)
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:  # not Django's, which would set it
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",)
    with connection.cursor() as cursor:
        settings_of_writes.watch(cursor, names)
    yield set(names)
    with connection.cursor() as cursor:
        settings_of_writes.stop(cursor)


def visitors_do_all_they_can(widget):
    client = browser()
    form = form_of(client, widget)
    filled = form.fields | {"number": "06 12 34 56 78", "email": "jo@example.fr", "consent": "on"}
    taken = client.post(form.action, filled)["Location"]
    assert client.post(f"{taken}number/", {"number": "06 12 34 56 79"}).status_code == 303
    client.post(f"{taken}cancel/")
    client.post(f"{taken}never/")
    accept_vouched(widget=widget, number="06 12 34 56 77")
    refused = post_form(client, widget, number="06 12 34 56 79")
    assert forms_on(refused)
    assert Refusal.objects.exists()


def staff_do_all_they_can(settings):
    settings.REQUIRE_TWO_FACTOR = True
    chief = with_password(User.objects.create_superuser("chief"))
    client = browser()
    send_password(client, "chief", "wrong")
    phone = with_phone(chief)
    send_password(client, "chief")
    client.post(CHECK, {"code": code_of(phone)})
    failed = make_request(status=Status.FAILED, attempts_made=1)
    assert client.get(page_of(failed)).status_code == 200  # the first look
    confirm(client, "retry", ask(client, "retry", failed))
    failed.refresh_from_db()
    assert failed.status == Status.QUEUED
    actions.add_note(failed, chief, "called back")
    block_list.add(BlockKind.NUMBER, "+33612345670")
    with_phone(chief).delete()
    return chief


def workers_do_all_they_can():
    heartbeat.beat()
    assert place_next(FakeApi())
    make_request()
    place_next(FakeApi(token=CredentialsRefused("no", code="credentials_refused")))
    make_request(status=Status.CALLING)
    make_request(patience_until=clock.now())
    PeriodicJob.objects.create(name="purge", until=clock.now())
    housekeeping_job.take_job("somebody:1")
    housekeeping.run_round()
    housekeeping_job.release_job("somebody:1")
    alerts.raise_alert(AlertKind.LIMIT)
    outbox.send_due(MessageKind.ALERT, alerts.send)
    visitor_mails.ask(make_widget(mails_visitors=True), nonce="mailed", number="06 98 76 54 32")
    assert visitor_mails.send()
    totals.keep_up(clock.now() + 2 * totals.SETTLED)


def commands_do_all_they_can():
    def run(*arguments):
        call_command(*arguments, stdout=io.StringIO())

    run("create_widget", "Shop", "--originate", "code")
    shop = Widget.objects.get(name="Shop").public_id
    topic = {"key": "all", "widget": shop, "labels": {"fr": "Tout"}}
    run("change_widget", shop, "--topics", json.dumps([topic]))
    run("create_api_key", "CRM", "--scope", "requests:read")
    run("create_webhook", "https://crm.example/hook", "--event", "callback.called")
    run("team_emails", Widget.objects.first().public_id, "--add", "owner@example.fr")
    run("stop_calls")
    run("resume_calls")
    run("hold_unfinished", "--yes")
    run("count_figures")
    run("rescue_admin", "chief", "--yes")


@pytest.mark.long
def test_each_write_is_durable_and_has_time_outs(tables, settings):
    settings.DATABASE_LOCK_TIMEOUT = 4
    settings.MAIL_IS_SET = True
    settings.DATABASE_IDLE_TIMEOUT = 6
    settings.DATABASE_STATEMENT_TIMEOUT = 8
    settings.ALERT_EMAILS = ["staff@example.fr"]
    call_switch.current()
    widget = make_widget()
    widget.texts.create(language="fr", heading="Allô")
    make_widget(has_hours=True, opening_hours="24/7")  # housekeeping writes its open periods
    visitors_do_all_they_can(widget)
    chief = staff_do_all_they_can(settings)
    workers_do_all_they_can()
    erasure.erase(chief, number="+33612345679")
    commands_do_all_they_can()
    with connection.cursor() as cursor:
        found = settings_of_writes.seen(cursor)
    assert {write.synchronous_commit for write in found} == {"on"}
    assert {write.lock_timeout for write in found} == {"4s"}
    assert {write.idle_in_transaction_session_timeout for write in found} == {"6s"}
    assert {write.statement_timeout for write in found} == {"8s"}
    ours = {model._meta.db_table for model in apps.get_app_config("callbacks").get_models()}
    ours |= {"auth_user", "django_session", "axes_accessattempt", "otp_totp_totpdevice"}
    assert ours - {write.table for write in found} == set()
    assert len(found) > len(ours)


def test_what_may_take_long_has_no_limit_for_a_statement(tables):
    widget = make_widget()
    with no_statement_timeout(), transaction.atomic():
        widget.save()
    with connection.cursor() as cursor:
        limits = {write.statement_timeout for write in settings_of_writes.seen(cursor)}
    assert limits == {"10s", "0"}


def test_a_server_that_is_told_to_wait_for_its_standby_goes_on_doing_so(tables):
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = remote_apply")
    make_widget()
    with connection.cursor() as cursor:
        assert {one.synchronous_commit for one in settings_of_writes.seen(cursor)} == {
            "remote_apply"
        }
        cursor.execute("RESET synchronous_commit")


def test_nothing_of_it_stays_with_the_connection():
    make_widget()
    with connection.connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.fixture
def sent(monkeypatch):
    """An entry for each message to the server, from here on."""
    connection.ensure_connection()
    messages = []
    kind = type(connection.connection)
    original = kind.wait

    def wait(self, steps, *arguments, **options):
        is_idle = self.pgconn.transaction_status == TransactionStatus.IDLE
        if not (is_idle and steps.__name__ == "_commit_gen"):  # this commit sends nothing
            messages.append(1)
        return original(self, steps, *arguments, **options)

    monkeypatch.setattr(kind, "wait", wait)
    return messages


def test_durability_of_a_write_costs_no_message_of_its_own(sent):
    """A transaction of one statement is two messages: one begins, sets and writes; one commits."""
    with transaction.atomic():
        CallRequest.objects.update(email="")
    assert len(sent) == 2
    CallRequest.objects.update(email="")
    assert len(sent) == 3


@pytest.mark.parametrize(("fresh", "messages"), [(60, 3), (-1, 4)])
def test_a_call_takes_few_messages(sent, fresh, messages, monkeypatch):
    """Ask and choose; claim, commit and look; look once more, if that was a while ago; record."""
    monkeypatch.setattr(last_look, "FRESH_SECONDS", fresh)
    monkeypatch.setattr(Cursor, "_has_answer", lambda _cursor: False)
    call_switch.current()
    make_request()
    api = FakeApi()
    sent.clear()
    assert place_next(api) == "worked"
    assert api.calls
    assert len(sent) == messages


def test_many_at_once_in_autocommit_are_refused():
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.executemany("INSERT INTO callbacks_periodicjob (name) VALUES (%s)", [("a",), ("b",)])


def test_what_cannot_run_inside_a_transaction_does_without():
    with connection.cursor() as cursor:
        cursor.execute("VACUUM callbacks_periodicjob")
