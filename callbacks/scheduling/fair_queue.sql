-- name: next_position
-- Select the position of a request of a widget that joins the queue now. It is the virtual time, or
-- one more than the highest position of its widget (waiting or served), whichever is later. The
-- same expression stands in write.sql and facts.sql of `intake`; a test compares them.
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
                WHERE status = 'queued'
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
            WHERE status = 'queued' AND widget_id = %(widget_id)s
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
