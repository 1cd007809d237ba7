"""The list of requests: its tabs, its filters and its search."""
