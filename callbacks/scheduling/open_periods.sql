-- name: ahead
-- Select the open periods of a widget that end after %(moment)s, in a zone, the earliest first.
SELECT starts_at, ends_at FROM callbacks_openperiod
WHERE widget_id = %(widget_id)s AND zone = %(zone)s AND ends_at > %(moment)s
ORDER BY ends_at

-- name: between
-- Select those of which a part lies between %(begin)s and %(end)s. Each form for a time slot asks.
SELECT starts_at, ends_at FROM callbacks_openperiod
WHERE widget_id = %(widget_id)s AND zone = %(zone)s
    AND ends_at > %(begin)s AND starts_at < %(end)s
ORDER BY ends_at
