"""Do an action for many requests, and tell what became of each."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import structlog
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import Error

from callbacks.data_protection import erasure
from callbacks.lifecycle import (
    actions,
    confirming,
    errors,
    overbooking,
    retrying,
    transitions,
)
from callbacks.models import CallRequest, Status
from callbacks.staff.requests.actions import CONFIRM, RETRY, StaffAction

log = structlog.get_logger(__name__)

_SEEN = re.compile(r"[0-9]{1,18}:[a-z]{1,10}:[0-9]{1,9}(?::[0-9]{1,12})?")


class Seen(NamedTuple):
    """A request as the confirmation page showed it.

    `slot` is the start of its time slot, in seconds since 1970, or 0: the visitor may move the
    call meanwhile.
    """

    pk: int
    status: str
    attempts_made: int
    slot: int = 0

    @classmethod
    def of(cls, call_request: CallRequest) -> "Seen":
        """Return the request as it is now."""
        start = call_request.slot_start
        slot = int(start.timestamp()) if start else 0
        return cls(call_request.pk, call_request.status, call_request.attempts_made, slot)

    @classmethod
    def read(cls, text: str) -> "Seen":
        """Return the request that a form field describes, such as "12:failed:1".

        Raises:
            ValueError: The text describes no request.
        """
        if not _SEEN.fullmatch(text):
            raise ValueError("not a request")
        pk, status, attempts, *slot = text.split(":")
        return cls(int(pk), Status(status).value, int(attempts), *map(int, slot))

    def __str__(self) -> str:
        return ":".join(map(str, self if self.slot else self[:-1]))


@dataclass
class Result:
    """What became of each request."""

    done: list[CallRequest] = field(default_factory=list)
    # Changed since the page was shown; the row as it is now.
    changed: list[CallRequest] = field(default_factory=list)
    # A call is being placed at this moment.
    under_way: list[CallRequest] = field(default_factory=list)
    # The time at which the last of these calls ends.
    under_way_until: datetime | None = None
    # Without personal data, no action is possible any more.
    erased: list[CallRequest] = field(default_factory=list)
    # The visitor has withdrawn the consent, so they are not called.
    withdrawn: list[CallRequest] = field(default_factory=list)
    # Their widgets have no opening hours ahead.
    never_opens: list[CallRequest] = field(default_factory=list)
    # Their time slots are inside the opening hours, or over, or outside the legal hours for sales
    # calls.
    nothing_to_confirm: list[CallRequest] = field(default_factory=list)
    # Their time slots have filled, and the person was not told.
    slot_full: list[CallRequest] = field(default_factory=list)
    # The time slot that the person chose can no longer be chosen.
    slot_gone: list[CallRequest] = field(default_factory=list)
    # The action does not fit its status.
    not_allowed: list[CallRequest] = field(default_factory=list)
    # The phone may have rung, and the person did not say that they have checked.
    unchecked: list[CallRequest] = field(default_factory=list)
    # The database did not answer, or refused.
    broken: list[CallRequest] = field(default_factory=list)
    gone: int = 0


def carry_out(
    action: StaffAction,
    seen: Iterable[Seen],
    person: User,
    *,
    checked: bool,
    note: str,
    overbook: Collection[int] = (),
    slot_start: datetime | None = None,
) -> Result:
    """Do `action` for each request that is still as the person saw it, oldest first.

    `overbook` are the primary keys of the requests whose full time slots the person was told of.
    `slot_start` is the start of the time slot that the person chose for a retry.

    Each request has a transaction of its own. After the first error of the database, the others are
    left alone.
    """
    as_seen = {one.pk: one for one in seen}
    result = Result()
    rows = CallRequest.objects.select_related("widget").in_bulk(as_seen)
    result.gone = len(as_seen) - len(rows)
    run = action.run
    if action is RETRY and slot_start:
        run = partial(retrying.retry_in_chosen_slot, slot_start=slot_start)
    options: dict[str, Any] = {"checked": checked} if action in {RETRY, CONFIRM} else {}
    for pk in sorted(rows):
        call_request = rows[pk]
        if action is RETRY and not slot_start:
            options |= {"overbook": pk in overbook}
        if result.broken:  # each further one would wait for the same database again
            result.broken.append(call_request)
            continue
        try:
            if call_request.erased_at is not None:
                result.erased.append(call_request)
            elif not action.may_be_done(call_request) and action.move is None:
                result.not_allowed.append(call_request)
            elif action.move is not None and Seen.of(call_request) != as_seen[pk]:
                result.changed.append(call_request)
            elif run(call_request, person, note=note, **options):
                result.done.append(call_request)
            else:
                call_request.refresh_from_db()
                is_erased = call_request.erased_at is not None
                (result.erased if is_erased else result.changed).append(call_request)
        except errors.NeedsCheck:
            result.unchecked.append(call_request)
        except errors.ConsentWithdrawn:
            result.withdrawn.append(call_request)
        except errors.NeverOpens:
            result.never_opens.append(call_request)
        except errors.NothingToConfirm:
            result.nothing_to_confirm.append(call_request)
        except errors.SlotGone:
            result.slot_gone.append(call_request)
        except overbooking.SlotFull:
            result.slot_full.append(call_request)
        except transitions.NotAllowed:
            result.not_allowed.append(call_request)
        except erasure.CallUnderWay as call:
            result.under_way.append(call_request)
            result.under_way_until = max(call.until, result.under_way_until or call.until)
        except ValidationError:  # the block list does not accept this number
            result.not_allowed.append(call_request)
        except CallRequest.DoesNotExist:
            result.gone += 1
        except Error as error:
            log.warning(
                "staff_action_broken",
                call_request=call_request.public_id,
                error=type(error).__name__,
            )
            result.broken.append(call_request)
    return result


def fitting(action: StaffAction, requests: Sequence[CallRequest]) -> list[CallRequest]:
    """Return the requests that the action fits."""
    fit = [call_request for call_request in requests if action.may_be_done(call_request)]
    if action is CONFIRM:
        possible = confirming.to_confirm(fit)
        fit = [call_request for call_request in fit if call_request.pk in possible]
    withdrawn = actions.withdrawn(fit) if action in {RETRY, CONFIRM} else set()
    return [call_request for call_request in fit if call_request.pk not in withdrawn]
