"""The block list in the admin, and its import."""
