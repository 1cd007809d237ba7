-- The statements of a form. `ask` comes first. Then one message writes an accepted form while the
-- keys of the limits and of the time slot are locked: add_request, add_proof and count_hits; for a
-- request of the API, also add_idempotent. If add_request writes nothing, the others write nothing
-- either. This is not an error, because
-- PostgreSQL would log the statement of an error, with the number in it.
--
-- %(now)s: in `ask`, when the database received the message; in add_request, what `ask` returned.
-- %(latest_reading)s: `clock.SLACK` later; a time after it was read before the clock was set back.

-- name: ask
-- Select every fact that decides about a form. `place` is the position that its request would get
-- in the queue now (next_position in scheduling/fair_queue.sql). The columns from `ahead` on are
-- those of scheduling/wait_estimate.sql.
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

-- name: add_request
-- Add the request, unless a limit is full or the same form was accepted meanwhile.
--
-- A limit that allows n hits is full if the n-th last hit is still inside its window. So the query
-- costs the same, however many hits a limit allows. `limits.raise_if_full` says which limit it is.
-- The position in the queue is next_position in scheduling/fair_queue.sql. It is computed again,
-- because other requests may have joined the queue since `ask`. A request for a later time has none
-- yet. %(has_place)s: places_taken is less than the slot's capacity, or TRUE.
INSERT INTO callbacks_callrequest (
    widget_id, public_id, token, nonce,
    number, number_hash, consumer_zone, email, email_hash, bot_email, is_verified,
    language, consent_text, consent_at, created_at,
    page_url, page_title, referrer, campaign, address,
    answers, personal_answers, topic, topic_label, offered_by_id,
    erased_at, viewed_at, blocked_at,
    status, reason, status_at,
    due_at, is_scheduled, asked_for, slot_start, slot_end, confirmed_for,
    backoff_until, backoff_since, patience_until,
    queue_position,
    attempts_made, put_off_count, sends_since_asked, retried_by_id
)
SELECT
    %(widget_id)s, %(public_id)s, %(token)s, %(nonce)s,
    %(number)s, %(number_hash)s, %(consumer_zone)s, %(email)s, %(email_hash)s, %(bot_email)s,
    %(is_verified)s,
    %(language)s, %(consent_text)s, %(consent_at)s, %(now)s,
    %(page_url)s, %(page_title)s, %(referrer)s, %(campaign)s, %(address)s,
    %(answers)s, %(personal_answers)s, %(topic)s, %(topic_label)s, %(offered_by_id)s,
    NULL, NULL, NULL,
    'queued', '', %(now)s,
    %(due_at)s, %(is_scheduled)s, %(asked_for)s, %(slot_start)s, %(slot_end)s, NULL,
    NULL, NULL, %(patience_until)s,
    CASE WHEN %(is_scheduled)s THEN NULL ELSE
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
        )
    END,
    0, 0, 0, NULL
WHERE NOT EXISTS (
    WITH limits (key, most, since) AS (
        VALUES
            (%(number_key)s, %(number_most)s, %(number_since)s),
            (%(number_key)s, %(number_daily_most)s, %(number_daily_since)s),
            (%(widget_key)s, %(widget_hourly_most)s, %(widget_hourly_since)s),
            (%(widget_key)s, %(widget_daily_most)s, %(widget_daily_since)s),
            ('account', %(account_most)s, %(account_since)s)
    )
    SELECT 1 FROM limits
    JOIN callbacks_limithit AS hit
        ON hit.key = limits.key
        AND hit.ordinal = 1 - limits.most + (
            SELECT MAX(ordinal) FROM callbacks_limithit AS latest WHERE latest.key = limits.key
        )
    WHERE hit.at > limits.since AND hit.at <= %(latest_reading)s
)
AND %(has_place)s
ON CONFLICT (nonce) DO NOTHING
RETURNING id

-- name: places_taken
-- A part of add_request: count the requests that hold a place in a time slot, as
-- `slot_places.holding` finds them. %(earliest)s: how early a slot can begin that overlaps this one.
SELECT COUNT(*) FROM callbacks_callrequest AS booked
WHERE booked.widget_id = %(widget_id)s
    AND booked.slot_start > %(earliest)s
    AND booked.slot_start < %(slot_end)s
    AND booked.slot_end > %(slot_start)s
    AND booked.status IN ('queued', 'calling', 'called', 'uncertain')

-- name: add_proof
-- Add the proof of the visitor's consent. What a system vouched for has no text, and names its key.
INSERT INTO callbacks_consentproof (
    call_request_id, event, at, text_id, page_url, salt,
    page_commitment, number_commitment, email_commitment, address_commitment,
    vouched_by_id, text_sha256, claimed_at,
    digest, link, chain, emptied_at, seal
)
SELECT
    id, %(event)s, created_at, %(text_id)s, page_url, %(salt)s,
    %(page_commitment)s, %(number_commitment)s, %(email_commitment)s, %(address_commitment)s,
    %(vouched_by_id)s, %(text_sha256)s, %(claimed_at)s,
    %(digest)s, NULL, '', NULL, %(seal)s
FROM callbacks_callrequest
WHERE public_id = %(public_id)s

-- name: count_hits
-- Add a hit under each key. The hits of a key are numbered without gaps. %(fast_key)s: '' if the
-- form was not filled in too fast.
INSERT INTO callbacks_limithit (key, ordinal, at)
WITH keys (key) AS (
    VALUES (%(number_key)s), (%(widget_key)s), ('account'), (%(fast_key)s)
)
SELECT
    key,
    1 + COALESCE(
        (SELECT MAX(ordinal) FROM callbacks_limithit AS latest WHERE latest.key = keys.key), 0
    ),
    call_request.created_at
FROM keys
JOIN callbacks_callrequest AS call_request ON call_request.public_id = %(public_id)s
WHERE key <> ''

-- name: add_idempotent
-- Remember what a system sent under its Idempotency-Key, whose hash is the request's nonce.
INSERT INTO callbacks_idempotentcall (nonce, body_hash, at, call_request_id)
SELECT nonce, %(body_hash)s, created_at, id
FROM callbacks_callrequest
WHERE public_id = %(public_id)s
