-- The statements that tell webhook endpoints what happened to a request. Each writes a row of the
-- outbox for each endpoint that wants this event, in the same message as the change itself. Without
-- such an endpoint, it writes nothing. An endpoint of one widget also hears of its topics' requests.
--
-- %(at)s: when it happened.

-- name: add_for_form
-- Tell of a new request, if the form was accepted; for a later time, also of that time.
INSERT INTO callbacks_outboxmessage (
    kind, channel, recipient, event, alert_id, call_request_id, endpoint_id, team_recipient_id,
    created_at, due_at, attempts, admitted_at, state, ended_at, problem, http_status, excerpt
)
SELECT
    'webhook', 'webhook', '', subscription.event, NULL, call_request.id, endpoint.id, NULL,
    call_request.created_at, call_request.created_at, 0, NULL, 'waiting', NULL, '', NULL, ''
FROM callbacks_callrequest AS call_request
JOIN callbacks_webhooksubscription AS subscription
    ON subscription.event = 'callback.requested'
    OR (subscription.event = 'callback.scheduled' AND call_request.is_scheduled)
JOIN callbacks_webhookendpoint AS endpoint
    ON endpoint.id = subscription.endpoint_id
    AND (
        endpoint.widget_id IS NULL
        OR endpoint.widget_id IN (call_request.widget_id, call_request.offered_by_id)
    )
WHERE call_request.public_id = %(public_id)s

-- name: add_for_request
-- Tell of a change, if the request is as %(status)s and %(attempts_made)s say.
INSERT INTO callbacks_outboxmessage (
    kind, channel, recipient, event, alert_id, call_request_id, endpoint_id, team_recipient_id,
    created_at, due_at, attempts, admitted_at, state, ended_at, problem, http_status, excerpt
)
SELECT
    'webhook', 'webhook', '', subscription.event, NULL, call_request.id, endpoint.id, NULL,
    %(at)s, %(at)s, 0, NULL, 'waiting', NULL, '', NULL, ''
FROM callbacks_callrequest AS call_request
JOIN callbacks_webhooksubscription AS subscription ON subscription.event = %(event)s
JOIN callbacks_webhookendpoint AS endpoint
    ON endpoint.id = subscription.endpoint_id
    AND (
        endpoint.widget_id IS NULL
        OR endpoint.widget_id IN (call_request.widget_id, call_request.offered_by_id)
    )
WHERE call_request.id = %(id)s
    AND call_request.status = %(status)s
    AND call_request.attempts_made = %(attempts_made)s
