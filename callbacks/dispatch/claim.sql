-- The statements that claim the next due request, in the order in which they are executed. In one
-- transaction: ask and next_due, calls_of_widget if the widget has a pace, and claim, add_attempt
-- and add_move. On PostgreSQL, the last three are one function. Where a token has to be fetched
-- first, ask is executed alone before.
--
-- Each of them states the same condition for "due". `scheduling.due.due` states it as a QuerySet,
-- and a test compares them all.
--
-- %(id)s: the request. %(now)s: when the database received the message, by its clock.
-- %(latest_reading)s: `clock.SLACK` later; a time after it was read before the clock was set back.

-- name: ask
-- `due`: 1 if a request is due, even if pacing leaves no room. `may_join`: 1 if a request is due
-- that has not joined the queue yet (`fair_queue.join`). `failures`: the failures in a row, or NULL
-- if something stops or pauses calls.
-- The orders are those of the indexes to search. Otherwise SQLite would read every request that is
-- booked for later.
-- If %(key)s is not NULL, a request is due and anything is paced, only one claim at a time goes on
-- from here, until its transaction ends: it counts the calls, and starts one. `locked` is then not
-- NULL. There is one lock for all widgets: a claim that finds one widget full goes on to the next,
-- so with one lock for each widget two claims could wait for each other. On PostgreSQL only, before
-- any row is locked.
WITH asked AS MATERIALIZED (
    SELECT
        (
            SELECT 1 FROM callbacks_callrequest
            WHERE status = 'queued'
                AND queue_position IS NOT NULL
                AND patience_until > %(now)s
                AND (due_at <= %(now)s OR NOT is_scheduled)
                AND (
                    backoff_until IS NULL
                    OR backoff_until <= %(now)s
                    OR backoff_since > %(latest_reading)s
                )
                AND (
                    NOT (SELECT has_hours FROM callbacks_widget WHERE callbacks_widget.id = widget_id)
                    OR confirmed_for = due_at
                    OR EXISTS (
                        SELECT 1 FROM callbacks_openperiod AS period
                        WHERE period.widget_id = callbacks_callrequest.widget_id
                            AND period.zone IN ('', consumer_zone)
                            AND period.starts_at <= %(now)s
                            AND period.ends_at > %(now)s
                    )
                )
                AND number <> ''
                AND erased_at IS NULL
            ORDER BY queue_position, id
            LIMIT 1
        ) AS due,
        (
            SELECT 1 FROM callbacks_callrequest
            WHERE status = 'queued'
                AND queue_position IS NULL
                AND patience_until > %(now)s
                AND (due_at <= %(now)s OR NOT is_scheduled)
                AND (
                    backoff_until IS NULL
                    OR backoff_until <= %(now)s
                    OR backoff_since > %(latest_reading)s
                )
                AND (
                    NOT (SELECT has_hours FROM callbacks_widget WHERE callbacks_widget.id = widget_id)
                    OR confirmed_for = due_at
                    OR EXISTS (
                        SELECT 1 FROM callbacks_openperiod AS period
                        WHERE period.widget_id = callbacks_callrequest.widget_id
                            AND period.zone IN ('', consumer_zone)
                            AND period.starts_at <= %(now)s
                            AND period.ends_at > %(now)s
                    )
                )
                AND number <> ''
                AND erased_at IS NULL
                AND due_at <= %(now)s
            ORDER BY due_at, id
            LIMIT 1
        ) AS may_join,
        (
            SELECT failures FROM callbacks_callcontrol
            WHERE id = 1
                AND circuit = 'closed'
                AND (stopped_at IS NULL OR stopped_until <= %(now)s)
                AND (
                    quiet_until IS NULL
                    OR NOT (quiet_until > %(now)s AND quiet_until <= %(furthest_quiet)s)
                )
        ) AS failures
)
SELECT
    due,
    may_join,
    failures,
    CASE
        WHEN due = 1
            AND (
                %(is_account_paced)s
                OR EXISTS (
                    SELECT 1 FROM callbacks_widget
                    WHERE calls_per_minute > 0 OR simultaneous_calls > 0
                )
            ) THEN CAST({advisory_lock}(%(key)s) AS text)
    END AS locked
FROM asked

-- name: next_due
-- Look again, under the lock of pacing, and select and lock the next due request, with columns of
-- its widget; they are NULL if none is due. Requests that another worker is claiming are skipped,
-- and so are those of the widgets in %(full)s, which have no room.
-- `shut`: 1 if calls were stopped or paused since `ask`. `has_blocks`: 1 if the block list is not
-- empty. `started`: the calls of the account in its window.
-- A quiet time (`quiet_until`) that began since `ask` does not stop this claim: the call service
-- has asked for fewer calls, and only the few claims under way go on. At worst, it answers one of
-- them 429 again: no phone has rung, and the request waits as the first one does.
SELECT looked.*, chosen.*
FROM (
    SELECT
        {clock} AS at,
        (
            SELECT 1 FROM callbacks_callcontrol
            WHERE id = 1
                AND (
                    (stopped_at IS NOT NULL AND (stopped_until IS NULL OR stopped_until > %(now)s))
                    OR (circuit <> 'closed' AND NOT %(is_probe)s)
                )
        ) AS shut,
        (SELECT 1 FROM callbacks_block LIMIT 1) AS has_blocks,
        (
            SELECT COUNT(*) FROM callbacks_attempt
            WHERE started_at > %(account_since)s AND started_at <= %(latest_reading)s
        ) AS started
) AS looked
LEFT JOIN (
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
        callbacks_callrequest.bot_email,
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
        AND queue_position IS NOT NULL
        AND patience_until > %(now)s
        AND (due_at <= %(now)s OR NOT is_scheduled)
        AND (
            backoff_until IS NULL
            OR backoff_until <= %(now)s
            OR backoff_since > %(latest_reading)s
        )
        AND (
            NOT (SELECT has_hours FROM callbacks_widget WHERE callbacks_widget.id = widget_id)
            OR confirmed_for = due_at
            OR EXISTS (
                SELECT 1 FROM callbacks_openperiod AS period
                WHERE period.widget_id = callbacks_callrequest.widget_id
                    AND period.zone IN ('', consumer_zone)
                    AND period.starts_at <= %(now)s
                    AND period.ends_at > %(now)s
            )
        )
        AND number <> ''
        AND erased_at IS NULL
        AND widget_id NOT IN (SELECT {each}(CAST(%(full)s AS {numbers})))
    ORDER BY queue_position, callbacks_callrequest.id
    LIMIT 1
    {skip_locked}
) AS chosen ON TRUE

-- name: calls_of_widget
-- Count the calls of a widget that has a pace of its own. `started`: in its window. `ongoing`:
-- those that may still be going on. A call that was not sent, or was refused, holds no line of the
-- bot.
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

-- name: claim
-- Give the request to this worker, if it has not changed since it was read and is still due. The
-- request is locked since next_due.
UPDATE callbacks_callrequest
SET status = %(to_status)s,
    reason = '',
    status_at = %(at)s,
    attempts_made = %(attempts_made)s
WHERE id = %(id)s
    AND attempts_made = %(attempts_in_hand)s
    AND status = 'queued'
    AND queue_position IS NOT NULL
    AND patience_until > %(now)s
    AND (due_at <= %(now)s OR NOT is_scheduled)
    AND (
        backoff_until IS NULL
        OR backoff_until <= %(now)s
        OR backoff_since > %(latest_reading)s
    )
    AND (
        NOT (SELECT has_hours FROM callbacks_widget WHERE callbacks_widget.id = widget_id)
        OR confirmed_for = due_at
        OR EXISTS (
            SELECT 1 FROM callbacks_openperiod AS period
            WHERE period.widget_id = callbacks_callrequest.widget_id
                AND period.zone IN ('', consumer_zone)
                AND period.starts_at <= %(now)s
                AND period.ends_at > %(now)s
        )
    )
    AND number <> ''
    AND erased_at IS NULL
RETURNING id

-- name: add_attempt
-- Begin an attempt, if the request was given to this worker. From now on, its position is the
-- virtual time of the queue, which never goes back.
INSERT INTO callbacks_attempt (
    call_request_id, widget_id, number, queue_position,
    started_at, deadline_at, ended_at, duration_ms,
    worker, person_id, service,
    outcome, code, http_status, excerpt, sends, answers
)
SELECT
    id, widget_id, attempts_made,
    {greatest}(
        queue_position,
        COALESCE((SELECT queue_position FROM callbacks_attempt ORDER BY id DESC LIMIT 1), -1)
    ),
    status_at, %(deadline_at)s, NULL, NULL,
    %(worker)s, retried_by_id, %(service)s,
    'pending', '', NULL, '', 0, ''
FROM callbacks_callrequest
WHERE id = %(id)s
    AND status = 'calling'
    AND attempts_made = %(attempts_made)s
RETURNING id

-- name: add_move
-- Record the claim in the history, if the request was given to this worker.
INSERT INTO callbacks_move (
    call_request_id, at, name, from_status, to_status,
    actor, person_id, reason, attempt_number, note
)
SELECT id, %(at)s, %(name)s, 'queued', %(to_status)s, 'worker', NULL, '', attempts_made, ''
FROM callbacks_callrequest
WHERE id = %(id)s
    AND status = 'calling'
    AND attempts_made = %(attempts_made)s
RETURNING id
