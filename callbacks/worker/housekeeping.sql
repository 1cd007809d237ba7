-- name: ask
-- Select what there is to do in a round of housekeeping: 1 or true, and NULL or false if there is
-- nothing. Most rounds, twice a second for years, find nothing. Which requests are due, `ask` in
-- dispatch/claim.sql says.
--
-- `ahead` and `begun_ahead`: there are rows that were written while the clock was ahead. Each request
-- for a call now has a `queue_position`, and the index holds no others.
-- `was_ahead`: an earlier round has seen such rows. `unsent`: a message of the outbox is due.
-- `unsent_webhook`: one is due for an endpoint that may be tried now. `digest_due`: a daily summary
-- to the team is due. `calling` and `late`: a request may have been left behind. `hours_changed`: the
-- times of a widget's requests are out of date. The last four: this job has not run yet, or is due
-- again.
--
-- %(now)s: the time of the round. %(latest_reading)s: `clock.SLACK` later; a time after it was read
-- before the clock was set back. %(latest_try)s and the parameters that end in _latest: how far
-- ahead such a time can rightly be.
SELECT
    (
        SELECT 1 FROM callbacks_callrequest
        WHERE status = 'queued'
            AND queue_position IS NOT NULL
            AND NOT is_scheduled
            AND due_at > %(latest_reading)s
        LIMIT 1
    ) AS ahead,
    (
        SELECT 1 FROM callbacks_attempt
        WHERE outcome = 'pending' AND started_at > %(latest_reading)s
        LIMIT 1
    ) AS begun_ahead,
    (SELECT 1 FROM callbacks_periodicjob WHERE name = %(ahead_job)s) AS was_ahead,
    (
        SELECT 1 FROM callbacks_outboxmessage
        WHERE state = 'waiting'
            AND endpoint_id IS NULL
            AND (due_at <= %(now)s OR due_at > %(latest_try)s)
        LIMIT 1
    ) AS unsent,
    (
        SELECT 1 FROM callbacks_webhookendpoint AS endpoint
        WHERE paused_at IS NULL
            AND (quiet_until IS NULL OR quiet_until <= %(now)s OR quiet_until > %(latest_try)s)
            AND EXISTS (
                SELECT 1 FROM callbacks_outboxmessage AS message
                WHERE message.endpoint_id = endpoint.id
                    AND state = 'waiting'
                    AND (due_at <= %(now)s OR due_at > %(latest_try)s)
            )
        LIMIT 1
    ) AS unsent_webhook,
    (
        SELECT 1 FROM callbacks_teammailrecipient
        WHERE digest_due_at IS NOT NULL
            AND (digest_due_at <= %(now)s OR digest_due_at > %(latest_digest)s)
        LIMIT 1
    ) AS digest_due,
    (SELECT 1 FROM callbacks_callrequest WHERE status = 'calling' LIMIT 1) AS calling,
    (SELECT 1 FROM callbacks_widget WHERE has_old_times LIMIT 1) AS hours_changed,
    (
        SELECT 1 FROM callbacks_callrequest
        WHERE status = 'queued' AND patience_until <= %(now)s
        LIMIT 1
    ) AS late,
    (SELECT 1 FROM callbacks_limithit WHERE at <= %(oldest_hit)s LIMIT 1) AS old_hits,
    (SELECT 1 FROM callbacks_refusal WHERE minute < %(oldest_refusal)s LIMIT 1) AS old_refusals,
    (SELECT 1 FROM callbacks_consentproof WHERE link IS NULL LIMIT 1) AS unchained,
    NOT EXISTS (
        SELECT 1 FROM callbacks_periodicjob
        WHERE name = %(purge_job)s AND until > %(now)s AND until <= %(purge_latest)s
    ) AS purge_due,
    NOT EXISTS (
        SELECT 1 FROM callbacks_periodicjob
        WHERE name = %(periods_job)s AND until > %(now)s AND until <= %(periods_latest)s
    ) AS periods_due,
    NOT EXISTS (
        SELECT 1 FROM callbacks_periodicjob
        WHERE name = %(notice_job)s AND until > %(now)s AND until <= %(notice_latest)s
    ) AS notice_due,
    NOT EXISTS (
        SELECT 1 FROM callbacks_periodicjob
        WHERE name = %(figures_job)s AND until > %(now)s AND until <= %(figures_latest)s
    ) AS figures_due
