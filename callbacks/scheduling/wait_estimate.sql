-- name: ask
-- What the wait of a request at %(queue_position)s depends on: how many are due in front of it (of
-- its widget, if that has a pace), what an attempt took lately, and how many calls have started in
-- each window of a pace. Intake asks the same for a request that is yet to join (facts.sql).
SELECT
    (
        SELECT COUNT(*) FROM callbacks_callrequest
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
            AND queue_position < %(queue_position)s
    ) AS ahead,
    CASE WHEN %(is_paced)s THEN (
        SELECT COUNT(*) FROM callbacks_callrequest
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
            AND queue_position < %(queue_position)s
            AND widget_id = %(widget_id)s
    ) ELSE 0 END AS ahead_of_widget,
    (
        SELECT AVG(duration_ms)
        FROM (
            SELECT duration_ms FROM callbacks_attempt
            WHERE duration_ms IS NOT NULL
            ORDER BY id DESC
            LIMIT 20
        ) AS latest
    ) AS attempt_ms,
    (
        SELECT COUNT(*) FROM callbacks_attempt
        WHERE started_at > %(account_since)s AND started_at <= %(latest_reading)s
    ) AS account,
    (
        SELECT COUNT(*) FROM callbacks_attempt
        WHERE widget_id = %(widget_id)s
            AND started_at > %(widget_since)s
            AND started_at <= %(latest_reading)s
    ) AS widget,
    (
        SELECT COUNT(*) FROM callbacks_attempt
        WHERE widget_id = %(widget_id)s
            AND started_at > %(ongoing_since)s
            AND started_at <= %(latest_reading)s
            AND outcome NOT IN ('not_sent', 'try_later', 'refused')
    ) AS ongoing
