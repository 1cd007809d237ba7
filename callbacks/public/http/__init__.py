"""Share what all public pages need: methods, headers, language, and the database outage page."""
