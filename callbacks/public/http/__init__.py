"""What all public pages share: methods, headers, language, and the page for a database outage."""
