"""Fill a database with a released version, and look at it with today's: for tests of upgrades."""
