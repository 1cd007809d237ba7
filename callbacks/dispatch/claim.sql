-- From a due row to a claim that is committed: ask; then in one transaction look_again and next_due,
-- calls_of_widget where a widget has a pace, and add_attempt, add_move and claim. Right before each send: last_look.
--
-- A request is due on the same condition in each of them; `claim.due` says it as a QuerySet, and a
-- test holds them against each other.
--
-- %(now)s: when the message came in, by the database's clock. %(latest_reading)s: a minute later; a
-- time beyond it was read before the clock was set back.

-- name: ask
-- Before anything is locked: is a request due, whether pacing leaves room for it or not? And the
-- failures in a row, if nothing stops or pauses calls.
SELECT
    (
        SELECT 1 FROM callbacks_callrequest
        WHERE status = 'queued'
            AND patience_until > %(now)s
            AND (due_at <= %(now)s OR NOT is_scheduled)
            AND (
                backoff_until IS NULL
                OR backoff_until <= %(now)s
                OR backoff_since > %(latest_reading)s
            )
            AND number <> ''
            AND erased_at IS NULL
        LIMIT 1
    ) AS due,
    (
        SELECT failures FROM callbacks_callcontrol
        WHERE id = 1
            AND circuit = 'closed'
            AND stopped_at IS NULL
            AND (
                quiet_until IS NULL
                OR NOT (quiet_until > %(now)s AND quiet_until <= %(furthest_quiet)s)
            )
    ) AS failures

-- name: look_again
-- Under the lock of pacing: the time, whether calls were stopped or paused since `ask`, whether
-- anything is on the block list, and how many calls of the account have started.
SELECT
    {clock} AS now,
    (
        SELECT 1 FROM callbacks_callcontrol
        WHERE id = 1
            AND (stopped_at IS NOT NULL OR (circuit <> 'closed' AND NOT %(is_probe)s))
    ) AS shut,
    (SELECT 1 FROM callbacks_block LIMIT 1) AS has_blocks,
    (
        SELECT COUNT(*) FROM callbacks_attempt
        WHERE started_at > %(account_since)s AND started_at <= %(latest_reading)s
    ) AS started

-- name: next_due
-- The next due request, with its widget's columns, and locked; one that another worker is claiming
-- is passed over, and so are those of the widgets in %(full)s, which have no room.
SELECT
    callbacks_callrequest.id,
    callbacks_callrequest.public_id,
    callbacks_callrequest.widget_id,
    callbacks_callrequest.status,
    callbacks_callrequest.attempts_made,
    callbacks_callrequest.put_off_count,
    callbacks_callrequest.queue_position,
    callbacks_callrequest.erased_at,
    callbacks_callrequest.number,
    callbacks_callrequest.email,
    callbacks_callrequest.address,
    callbacks_callrequest.retried_by_id,
    callbacks_callrequest.patience_until,
    callbacks_callrequest.sends_since_asked,
    widget.id,
    widget.originate,
    widget.calls_per_minute,
    widget.simultaneous_calls,
    widget.call_seconds
FROM callbacks_callrequest
JOIN callbacks_widget AS widget ON widget.id = widget_id
WHERE status = 'queued'
    AND patience_until > %(now)s
    AND (due_at <= %(now)s OR NOT is_scheduled)
    AND (
        backoff_until IS NULL
        OR backoff_until <= %(now)s
        OR backoff_since > %(latest_reading)s
    )
    AND number <> ''
    AND erased_at IS NULL
    AND widget_id NOT IN (%(full)s)
ORDER BY queue_position, callbacks_callrequest.id
LIMIT 1
{skip_locked}

-- name: calls_of_widget
-- Of a widget with a pace of its own: how many of its calls have started lately, and how many may
-- still go on. A call that was not sent or refused holds no line of the bot.
SELECT
    (
        SELECT COUNT(*) FROM callbacks_attempt
        WHERE widget_id = %(widget_id)s
            AND started_at > %(widget_since)s
            AND started_at <= %(latest_reading)s
    ) AS started,
    (
        SELECT COUNT(*) FROM callbacks_attempt
        WHERE widget_id = %(widget_id)s
            AND started_at > %(ongoing_since)s
            AND started_at <= %(latest_reading)s
            AND outcome NOT IN ('not_sent', 'try_later', 'refused')
    ) AS ongoing

-- name: add_attempt
-- Begin an attempt. Its position is the queue's virtual time from now on, and never goes back.
INSERT INTO callbacks_attempt (
    call_request_id, widget_id, number, queue_position,
    started_at, deadline_at, ended_at, duration_ms,
    worker, person_id, service,
    outcome, code, http_status, excerpt, sends, answers
)
VALUES (
    %(id)s,
    %(widget_id)s,
    %(number)s,
    {greatest}(
        %(queue_position)s,
        COALESCE((SELECT queue_position FROM callbacks_attempt ORDER BY id DESC LIMIT 1), -1)
    ),
    %(started_at)s, %(deadline_at)s, NULL, NULL,
    %(worker)s, %(person_id)s, %(service)s,
    'pending', '', NULL, '', 0, ''
)

-- name: add_move
-- Note the claim, if the request is still as it is in hand, and due; and lock it.
INSERT INTO callbacks_move (
    call_request_id, at, name, from_status, to_status,
    actor, person_id, reason, attempt_number, note
)
SELECT
    id, %(at)s, %(name)s, status, %(to_status)s,
    %(actor)s, %(person_id)s, %(reason)s, attempts_made + 1, %(note)s
FROM callbacks_callrequest
WHERE id = %(id)s
    AND attempts_made = %(attempts_in_hand)s
    AND status = 'queued'
    AND patience_until > %(now)s
    AND (due_at <= %(now)s OR NOT is_scheduled)
    AND (
        backoff_until IS NULL
        OR backoff_until <= %(now)s
        OR backoff_since > %(latest_reading)s
    )
    AND number <> ''
    AND erased_at IS NULL
{for_update}

-- name: claim
-- Make the request this worker's. The same conditions as in add_move.
UPDATE callbacks_callrequest
SET status = %(to_status)s,
    reason = %(reason)s,
    status_at = %(at)s,
    attempts_made = %(attempts_made)s
WHERE id = %(id)s
    AND attempts_made = %(attempts_in_hand)s
    AND status = 'queued'
    AND patience_until > %(now)s
    AND (due_at <= %(now)s OR NOT is_scheduled)
    AND (
        backoff_until IS NULL
        OR backoff_until <= %(now)s
        OR backoff_since > %(latest_reading)s
    )
    AND number <> ''
    AND erased_at IS NULL

-- name: last_look
-- Why nothing may be sent, as a code of the attempt, or ''. No row: the request is gone.
SELECT CASE
    WHEN call_request.status <> 'calling'
        OR call_request.attempts_made <> attempt.number
        OR attempt.outcome <> 'pending' THEN 'taken_over'
    WHEN call_request.number = '' OR call_request.erased_at IS NOT NULL THEN 'no_number'
    WHEN call_request.patience_until <= %(now)s THEN 'patience_over'
    WHEN attempt.started_at < %(oldest_claim)s THEN 'claim_too_old'
    ELSE ''
END AS code
FROM callbacks_callrequest AS call_request
JOIN callbacks_attempt AS attempt ON attempt.call_request_id = call_request.id
WHERE call_request.id = %(id)s AND attempt.number = %(number)s
