"""The list of requests, the page of one, and what staff can do with them."""
