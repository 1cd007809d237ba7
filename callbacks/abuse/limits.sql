-- name: add_hits
-- Add a hit under each of %(keys)s. The hits of a key are numbered without gaps, so the transaction
-- must hold the locks of the keys.
INSERT INTO callbacks_limithit (key, ordinal, at)
WITH keys (key) AS (%(keys)s)
SELECT
    key,
    1 + COALESCE(
        (SELECT MAX(ordinal) FROM callbacks_limithit WHERE callbacks_limithit.key = keys.key), 0
    ),
    %(at)s
FROM keys
