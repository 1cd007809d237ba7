-- The statement that stores an email to a visitor in the outbox.

-- name: add_message
-- Add a message about a request, if its widget sends emails to visitors and its visitor left an
-- email. %(which)s: the condition that selects the request, and what else must be true of it.
INSERT INTO callbacks_outboxmessage (
    kind, channel, recipient, event, alert_id, call_request_id, endpoint_id, team_recipient_id,
    created_at, due_at, attempts, admitted_at, state, ended_at, problem, http_status, excerpt
)
SELECT
    'visitor_mail', 'email', call_request.email_hash, %(event)s, NULL, call_request.id, NULL, NULL,
    %(at)s, %(at)s, 0, NULL, 'waiting', NULL, '', NULL, ''
FROM callbacks_callrequest AS call_request
JOIN callbacks_widget AS widget ON widget.id = call_request.widget_id
WHERE %(which)s
    AND call_request.email_hash <> ''
    AND call_request.erased_at IS NULL
    AND widget.mails_visitors
