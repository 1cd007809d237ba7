"""The codes that are stored with an attempt and say what became of it.

The admin's *Help* page explains each code. A test fails if an explanation is missing.
"""

from enum import StrEnum


class AttemptCode(StrEnum):
    """What became of an attempt to place a call."""

    ACCEPTED = "accepted"

    # Nothing was sent: no token, no connection, or no time.
    CREDENTIALS_REFUSED = "credentials_refused"
    TOKEN_UNAVAILABLE = "token_unavailable"  # noqa: S105  (no password)
    NAME_FAILED = "name_failed"
    CONNECT_FAILED = "connect_failed"
    TLS_FAILED = "tls_failed"
    NOT_SENT = "not_sent"
    DEADLINE_PASSED = "deadline_passed"

    # Nothing was sent, because the last check of the claim said no.
    CLAIM_TOO_OLD = "claim_too_old"
    TAKEN_OVER = "taken_over"
    PATIENCE_OVER = "patience_over"
    CLOSED = "closed"
    NO_NUMBER = "no_number"
    DATABASE_AWAY = "database_away"

    # The service placed no call.
    THROTTLED = "throttled"
    TRY_LATER = "try_later"
    SENDS_USED_UP = "sends_used_up"
    REFUSED = "refused"
    REDIRECT_REFUSED = "redirect_refused"
    UNSENDABLE = "unsendable"

    # The request was sent, and nobody can say whether a phone rang.
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    ANSWER_UNKNOWN = "answer_unknown"

    # The operator or housekeeping ended the attempt.
    HELD = "held"
    WORKER_DIED = "worker_died"
