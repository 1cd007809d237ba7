-- The statements that tell the team what happened to a request. Each writes a row of the outbox for
-- each recipient of the widget who wants to hear of it, in the same message as the change itself.
-- If the request is about a topic, so do the recipients of the widget that offered it, except those
-- who hear of it as recipients of the topic's widget.
--
-- A recipient who was sent an email lately hears of it a little later (`quiet_until`), so that
-- whatever happens meanwhile is told in one email.

-- name: add_for_form
-- Tell of a new request, if the form was accepted.
INSERT INTO callbacks_outboxmessage (
    kind, channel, recipient, event, alert_id, call_request_id, endpoint_id, team_recipient_id,
    created_at, due_at, attempts, admitted_at, state, ended_at, problem, http_status, excerpt
)
SELECT
    'team_mail', 'email', recipient.email_hash, 'team.new', NULL, call_request.id, NULL,
    recipient.id, call_request.created_at,
    CASE WHEN recipient.quiet_until > call_request.created_at
        THEN recipient.quiet_until ELSE call_request.created_at END,
    0, NULL, 'waiting', NULL, '', NULL, ''
FROM callbacks_callrequest AS call_request
JOIN callbacks_teammailrecipient AS recipient
    ON recipient.widget_id IN (call_request.widget_id, call_request.offered_by_id)
    AND recipient.wants_new
    AND recipient.stopped_at IS NULL
WHERE call_request.public_id = %(public_id)s
    AND (
        recipient.widget_id = call_request.widget_id
        OR NOT EXISTS (
            SELECT 1 FROM callbacks_teammailrecipient AS other
            WHERE other.widget_id = call_request.widget_id
                AND other.email_hash = recipient.email_hash
                AND other.wants_new
                AND other.stopped_at IS NULL
        )
    )

-- name: add_for_request
-- Tell that a request failed or became uncertain, if it is as %(status)s and %(attempts_made)s say.
-- %(at)s: when it happened. A second message waits until nobody has looked at the request for a
-- while: the sender moves its time forward (`sending.py`).
INSERT INTO callbacks_outboxmessage (
    kind, channel, recipient, event, alert_id, call_request_id, endpoint_id, team_recipient_id,
    created_at, due_at, attempts, admitted_at, state, ended_at, problem, http_status, excerpt
)
SELECT
    'team_mail', 'email', recipient.email_hash, told.event, NULL, call_request.id, NULL,
    recipient.id, %(at)s,
    CASE WHEN recipient.quiet_until > %(at)s THEN recipient.quiet_until ELSE %(at)s END,
    0, NULL, 'waiting', NULL, '', NULL, ''
FROM callbacks_callrequest AS call_request
JOIN callbacks_teammailrecipient AS recipient
    ON recipient.widget_id IN (call_request.widget_id, call_request.offered_by_id)
    AND recipient.stopped_at IS NULL
JOIN (SELECT %(event)s AS event UNION ALL SELECT 'team.unseen' AS event) AS told
    ON (told.event = 'team.unseen' AND recipient.wants_unseen)
    OR (told.event <> 'team.unseen' AND recipient.wants_problems)
WHERE call_request.id = %(id)s
    AND call_request.status = %(status)s
    AND call_request.attempts_made = %(attempts_made)s
    AND (
        recipient.widget_id = call_request.widget_id
        OR NOT EXISTS (
            SELECT 1 FROM callbacks_teammailrecipient AS other
            WHERE other.widget_id = call_request.widget_id
                AND other.email_hash = recipient.email_hash
                AND other.stopped_at IS NULL
                AND ((told.event = 'team.unseen' AND other.wants_unseen)
                    OR (told.event <> 'team.unseen' AND other.wants_problems))
        )
    )
