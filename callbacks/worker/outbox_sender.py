"""Send what waits in the outbox, in the housekeeping process, in threads that place no calls.

Each kind of message has a thread of its own, and so has each webhook endpoint, so that none waits
behind another. `SENDERS` names the function that sends each kind of email; `webhooks.deliver` sends
webhooks, and `team_mails.sending` several messages to the team as one email.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import structlog
from django.db import close_old_connections

from callbacks.core import availability
from callbacks.models import MessageKind
from callbacks.notifications import alerts, outbox
from callbacks.team_mails import digest
from callbacks.team_mails import sending as team_mails
from callbacks.visitor_mails import sending as visitor_mails
from callbacks.webhooks import deliver
from callbacks.worker import daily_notice
from callbacks.worker.housekeeping import HousekeepingReport

log = structlog.get_logger(__name__)

SENDERS: Mapping[MessageKind, outbox.Send] = {
    MessageKind.ALERT: alerts.send,
    MessageKind.VISITOR_MAIL: visitor_mails.send,
    MessageKind.TEAM_DIGEST: digest.send,
}
# What else is sent by email, in a thread of its own.
_DAILY_NOTICE, _TEAM_MAILS, _DIGESTS = "daily_notice", "team_mails", "team_digests"
# How many endpoints are sent something at the same time. One that is unavailable holds a thread for
# 10 s at most, and is then left alone for a while.
ENDPOINTS_AT_ONCE = 8


class OutboxSender:
    """Sends what is due, after each round of housekeeping that found something to send."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(len(SENDERS) + 3, thread_name_prefix="outbox")
        self._webhooks = ThreadPoolExecutor(ENDPOINTS_AT_ONCE, thread_name_prefix="webhooks")
        self._at_work: dict[str, Future[None]] = {}
        self._is_ending = threading.Event()

    def look_at(self, report: HousekeepingReport) -> None:
        """Start to send what is due. Return at once."""
        if not report.unsent:
            return
        for kind in SENDERS:
            self._start(kind, partial(self._send, kind))
        self._start(_DAILY_NOTICE, daily_notice.send_if_due)
        self._start(_DIGESTS, digest.add_due)
        self._start(_TEAM_MAILS, partial(team_mails.send_due, self._goes_on))
        for endpoint in deliver.endpoints_with_work():
            job = partial(deliver.send_to, endpoint, self._goes_on)
            self._start(f"webhook {endpoint}", job, self._webhooks)

    def end(self) -> None:
        """Return once the messages in hand are sent and recorded. Begin no other message."""
        self._is_ending.set()
        self._pool.shutdown()
        self._webhooks.shutdown()

    def _start(
        self, name: str, job: Callable[[], object], pool: ThreadPoolExecutor | None = None
    ) -> None:
        """Run `job` in a thread of `pool`, unless the job with this name still runs or waits."""
        if name not in self._at_work or self._at_work[name].done():
            self._at_work[name] = (pool or self._pool).submit(_work, job)

    def _goes_on(self) -> bool:
        """Return whether another message may begin."""
        return not self._is_ending.is_set()

    def _send(self, kind: MessageKind) -> None:
        """Send the messages of one kind."""
        outbox.send_due(kind, SENDERS[kind], self._goes_on)


def _work(job: Callable[[], object]) -> None:
    """Run `job`. What it leaves undone is found by the next round."""
    close_old_connections()
    try:
        with availability.database_may_be_away():
            job()
    except Exception:
        log.exception("outbox_sender_failed")
    finally:
        close_old_connections()
