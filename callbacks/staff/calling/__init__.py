"""The page that stops all calls, and resumes them."""
