-- name: is_blocked
-- Is any of these keys on the list, and in force? Intake asks the same in facts.sql.
SELECT 1 FROM callbacks_block
WHERE key IN (%(keys)s) AND (until IS NULL OR until > %(now)s)
LIMIT 1
