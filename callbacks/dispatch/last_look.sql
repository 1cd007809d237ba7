-- The look right before a startcall is sent, and right after its claim is committed.
--
-- %(now)s: when the database executes the statement, by its clock: the COMMIT before it may have
-- taken a while. %(oldest_claim)s: a claim from before is too old.

-- name: last_look
-- Select the code that says why nothing may be sent, or ''. No row: the request was deleted.
SELECT CASE
    WHEN call_request.status <> 'calling'
        OR call_request.attempts_made <> attempt.number
        OR attempt.outcome <> 'pending' THEN 'taken_over'
    WHEN call_request.number = '' OR call_request.erased_at IS NOT NULL THEN 'no_number'
    WHEN call_request.patience_until <= %(now)s THEN 'patience_over'
    WHEN widget.has_hours
        AND (call_request.confirmed_for IS NULL OR call_request.confirmed_for <> call_request.due_at)
        AND NOT EXISTS (
            SELECT 1 FROM callbacks_openperiod AS period
            WHERE period.widget_id = widget.id
                AND period.zone IN ('', call_request.consumer_zone)
                AND period.starts_at <= %(now)s
                AND period.ends_at > %(now)s
        ) THEN 'closed'
    WHEN attempt.started_at < %(oldest_claim)s THEN 'claim_too_old'
    ELSE ''
END AS code
FROM callbacks_callrequest AS call_request
JOIN callbacks_attempt AS attempt ON attempt.call_request_id = call_request.id
JOIN callbacks_widget AS widget ON widget.id = call_request.widget_id
WHERE call_request.id = %(id)s AND attempt.number = %(number)s
