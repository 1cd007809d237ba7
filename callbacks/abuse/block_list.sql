-- name: is_blocked
-- Find an entry in force under one of these keys. Intake asks the same in intake/intake.sql.
SELECT 1 FROM callbacks_block
WHERE key IN (%(keys)s) AND (until IS NULL OR until > %(now)s)
LIMIT 1
