"""The first page of the admin: what needs attention, and the statistics."""
