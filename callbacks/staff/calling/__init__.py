"""The page that stops all calls, and resumes them.

- `call_switch_page`: the page that stops all calls, and resumes them.
"""
