-- The statements that record the answer to an attempt, sent in one message: lock_request,
-- end_attempt, add_move, and one of end_call, requeue and hold_back. If the message is sent again,
-- it changes nothing.
--
-- %(id)s: the request. %(at)s: when the database received the message, by its clock.

-- name: lock_request
-- Lock the request before its attempt, as an erasure and housekeeping do.
SELECT 1 FROM callbacks_callrequest WHERE id = %(id)s {for_update}

-- name: end_attempt
-- End the attempt, unless it has ended for good already. An answer that comes after housekeeping
-- gave the attempt up ('unknown') still counts. If the request was erased meanwhile, the words of
-- the service are left out, because they may contain the number.
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
-- Record in the history how the call ended, if the request has not changed since its claim.
INSERT INTO callbacks_move (
    call_request_id, at, name, from_status, to_status,
    actor, person_id, reason, attempt_number, note
)
SELECT
    id, %(at)s, %(name)s, status, %(to_status)s,
    'worker', NULL, %(reason)s, attempts_made, ''
FROM callbacks_callrequest
WHERE id = %(id)s
    AND status = 'calling'
    AND attempts_made = %(attempts_in_hand)s
    AND erased_at IS NULL
{for_update}

-- name: end_call
-- Move the request after a call that was accepted, refused or uncertain, on the same conditions as
-- in add_move.
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
-- Let the request wait for another try, after a pause and behind the others of its widget.
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
-- Let the request wait as before, in its old place and without backoff, because we did not send it.
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
