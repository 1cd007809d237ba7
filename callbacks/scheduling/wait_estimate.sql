-- name: ask
-- Select what the wait of a request at %(queue_position)s depends on. `ahead`: the due requests
-- before it. `ahead_of_widget`: those of its widget, if it has a pace. `attempt_ms`: the mean
-- duration of the latest attempts. `account`, `widget` and `ongoing`: the calls in the window of
-- each pace. Intake asks the same about a request that has not joined yet (`ask` in
-- intake/intake.sql); a test compares them.
SELECT
    (
        SELECT COUNT(*) FROM callbacks_callrequest
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
            AND queue_position < %(queue_position)s
    ) AS ahead,
    CASE WHEN %(is_paced)s THEN (
        SELECT COUNT(*) FROM callbacks_callrequest
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
