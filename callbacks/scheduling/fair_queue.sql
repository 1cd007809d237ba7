-- name: next_position
-- Select the position of a request of a widget that joins the queue now. It is the virtual time, or
-- one more than the highest position of its widget (waiting or served), whichever is later. The
-- same expression stands twice in intake/intake.sql; a test compares them.
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

-- name: join
-- Give the requests that became due their positions: the earliest first, at most %(most)s. Each
-- joins as by next_position, behind the others of its widget that join with it. A request that
-- another process places at the same time is left alone.
WITH due AS (
    SELECT id, widget_id, due_at
    FROM callbacks_callrequest
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
    LIMIT %(most)s
    {skip_locked}
),
joined AS (
    SELECT
        due.id,
        {greatest}(
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
                        AND widget_id = due.widget_id
                        AND queue_position IS NOT NULL
                    ORDER BY queue_position DESC
                    LIMIT 1
                ),
                0
            ),
            COALESCE(
                (
                    SELECT queue_position + 1 FROM callbacks_attempt
                    WHERE widget_id = due.widget_id
                    ORDER BY queue_position DESC
                    LIMIT 1
                ),
                0
            )
        ) + ROW_NUMBER() OVER (
            PARTITION BY due.widget_id ORDER BY due.due_at, due.id
        ) - 1 AS position
    FROM due
)
UPDATE callbacks_callrequest
SET queue_position = joined.position
FROM joined
WHERE callbacks_callrequest.id = joined.id
    AND callbacks_callrequest.status = 'queued'
    AND callbacks_callrequest.queue_position IS NULL

-- name: waited
-- Select the open widgets whose first request has a position from before the opening: others were
-- served meanwhile, so the virtual time at the opening is later than this position.
SELECT first.widget_id
FROM (
    SELECT widget_id, MIN(queue_position) AS queue_position
    FROM callbacks_callrequest
    WHERE status = 'queued' AND queue_position IS NOT NULL
    GROUP BY widget_id
) AS first
WHERE EXISTS (
    SELECT 1 FROM callbacks_openperiod AS period
    WHERE period.widget_id = first.widget_id
        AND period.starts_at <= %(now)s
        AND period.ends_at > %(now)s
        AND first.queue_position < (
            SELECT queue_position FROM callbacks_attempt
            WHERE started_at <= period.starts_at
            ORDER BY started_at DESC, id DESC
            LIMIT 1
        )
)

-- name: join_again
-- Give the waiting requests of the widgets in %(widgets)s new positions, in the order of their old
-- ones: from the virtual time on, or behind what was served of their widget.
WITH waiting AS (
    SELECT id, widget_id, queue_position
    FROM callbacks_callrequest
    WHERE status = 'queued' AND queue_position IS NOT NULL AND widget_id IN (%(widgets)s)
    ORDER BY id
    {skip_locked}
),
joined AS (
    SELECT
        waiting.id,
        {greatest}(
            COALESCE((SELECT queue_position FROM callbacks_attempt ORDER BY id DESC LIMIT 1), 0),
            COALESCE(
                (
                    SELECT queue_position + 1 FROM callbacks_attempt
                    WHERE widget_id = waiting.widget_id
                    ORDER BY queue_position DESC
                    LIMIT 1
                ),
                0
            )
        ) + ROW_NUMBER() OVER (
            PARTITION BY waiting.widget_id ORDER BY waiting.queue_position, waiting.id
        ) - 1 AS position
    FROM waiting
)
UPDATE callbacks_callrequest
SET queue_position = joined.position
FROM joined
WHERE callbacks_callrequest.id = joined.id
    AND callbacks_callrequest.status = 'queued'
    AND callbacks_callrequest.queue_position IS NOT NULL
