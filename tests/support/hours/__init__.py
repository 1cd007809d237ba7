"""Opening hours for tests: real ones, and ones at random."""
