-- What an attempt came to, in one message: lock_request, end_attempt, add_move, and end_call,
-- requeue or hold_back. `record.py` sends it; it may be sent again, and then changes nothing.
--
-- %(at)s: when the message came in, by the database's clock.

-- name: lock_request
-- The request is locked before its attempt, as an erasure and housekeeping do.
SELECT 1 FROM callbacks_callrequest WHERE id = %(id)s {for_update}

-- name: end_attempt
-- End the attempt, if nobody has ended it for good: an answer that comes after housekeeping has
-- given the attempt up (unknown) still counts. What the service said is left out when the request
-- was erased meanwhile, because it may hold the number.
UPDATE callbacks_attempt
SET outcome = %(outcome)s,
    ended_at = %(at)s,
    duration_ms = %(duration_ms)s,
    sends = %(sends)s,
    answers = %(answers)s,
    code = %(code)s,
    http_status = %(http_status)s,
    excerpt = CASE
        WHEN EXISTS (
            SELECT 1 FROM callbacks_callrequest AS call_request
            WHERE call_request.id = callbacks_attempt.call_request_id
                AND call_request.erased_at IS NOT NULL
        ) THEN ''
        ELSE %(excerpt)s
    END
WHERE call_request_id = %(id)s
    AND number = %(number)s
    AND outcome IN ('pending', 'unknown')

-- name: add_move
-- Note how the call ended, if the request is still as its claim left it.
INSERT INTO callbacks_move (
    call_request_id, at, name, from_status, to_status,
    actor, person_id, reason, attempt_number, note
)
SELECT
    id, %(at)s, %(name)s, status, %(to_status)s,
    %(actor)s, %(person_id)s, %(reason)s, attempts_made, %(note)s
FROM callbacks_callrequest
WHERE id = %(id)s
    AND status = 'calling'
    AND attempts_made = %(attempts_in_hand)s
    AND erased_at IS NULL
{for_update}

-- name: end_call
-- The call was accepted or refused, or nobody knows. The same conditions as in add_move.
UPDATE callbacks_callrequest
SET status = %(to_status)s,
    reason = %(reason)s,
    status_at = %(at)s,
    sends_since_asked = %(sends_since_asked)s
WHERE id = %(id)s
    AND status = 'calling'
    AND attempts_made = %(attempts_in_hand)s
    AND erased_at IS NULL

-- name: requeue
-- The call is tried again after a while, behind the others of its widget.
UPDATE callbacks_callrequest
SET status = %(to_status)s,
    reason = %(reason)s,
    status_at = %(at)s,
    sends_since_asked = %(sends_since_asked)s,
    backoff_until = %(backoff_until)s,
    backoff_since = %(backoff_since)s,
    put_off_count = %(put_off_count)s,
    queue_position = %(queue_position)s
WHERE id = %(id)s
    AND status = 'calling'
    AND attempts_made = %(attempts_in_hand)s
    AND erased_at IS NULL

-- name: hold_back
-- We did not send it ourselves: it waits as before, in its old place, without backoff.
UPDATE callbacks_callrequest
SET status = %(to_status)s,
    reason = %(reason)s,
    status_at = %(at)s,
    sends_since_asked = %(sends_since_asked)s,
    backoff_until = %(backoff_until)s,
    backoff_since = %(backoff_since)s
WHERE id = %(id)s
    AND status = 'calling'
    AND attempts_made = %(attempts_in_hand)s
    AND erased_at IS NULL
