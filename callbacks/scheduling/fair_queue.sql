-- name: next_position
-- The position of a request of a widget that joins the queue now: the virtual time, or one more than
-- the last of its widget's that waits or was served, if that is later. A form writes it with the
-- request (intake's write.sql), and asks how many wait in front of it (facts.sql).
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
