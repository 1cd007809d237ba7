"""The admin's first page: what needs attention, and the statistics."""
