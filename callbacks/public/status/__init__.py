"""The visitor's page of one request, and what they can do there: correct, cancel, never again."""
