-- name: ask
-- Select every fact that decides about a form. `place` is the position that its request would get
-- in the queue now (next_position in fair_queue.sql). The columns from `ahead` on are those of
-- wait_estimate.sql.
WITH place AS (
    SELECT {greatest}(
        COALESCE((SELECT queue_position FROM callbacks_attempt ORDER BY id DESC LIMIT 1), -1),
        CASE
            WHEN (
                SELECT 1 FROM callbacks_attempt
                WHERE outcome = 'pending'
                ORDER BY deadline_at
                LIMIT 1
            ) IS NULL THEN COALESCE(
                (
                    SELECT queue_position FROM callbacks_callrequest
                    WHERE status = 'queued' AND queue_position IS NOT NULL
                    ORDER BY queue_position, id
                    LIMIT 1
                ),
                (SELECT queue_position + 1 FROM callbacks_attempt ORDER BY id DESC LIMIT 1),
                0
            )
            ELSE -1
        END,
        COALESCE(
            (
                SELECT queue_position + 1 FROM callbacks_callrequest
                WHERE status = 'queued'
                    AND widget_id = %(widget_id)s
                    AND queue_position IS NOT NULL
                ORDER BY queue_position DESC
                LIMIT 1
            ),
            0
        ),
        COALESCE(
            (
                SELECT queue_position + 1 FROM callbacks_attempt
                WHERE widget_id = %(widget_id)s
                ORDER BY queue_position DESC
                LIMIT 1
            ),
            0
        )
    ) AS queue_position
)
SELECT
    {clock} AS now,
    (SELECT 1 FROM callbacks_callrequest WHERE nonce = %(nonce)s) AS is_taken_before,
    (SELECT restore_mark FROM callbacks_callcontrol WHERE id = 1) AS restore_mark,
    (
        SELECT 1 FROM callbacks_block
        WHERE key IN (%(block_keys)s) AND (until IS NULL OR until > %(now)s)
        LIMIT 1
    ) AS is_blocked,
    (
        SELECT id FROM callbacks_consenttext
        WHERE widget_id = %(widget_id)s AND language = %(language)s AND digest = %(digest)s
    ) AS text_id,
    (
        SELECT version FROM callbacks_consenttext
        WHERE widget_id = %(widget_id)s AND language = %(language)s AND digest = %(digest)s
    ) AS text_version,
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
            AND queue_position < (SELECT queue_position FROM place)
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
            AND queue_position < (SELECT queue_position FROM place)
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
