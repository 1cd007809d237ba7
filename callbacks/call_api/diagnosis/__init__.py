"""Find out what is wrong between this machine and the call service. No call is placed.

`diagnose.diagnose` checks name, TLS, credentials, clock and token, and returns a list of findings.
`manage.py check_call_api` prints them.

- `finding`: one result of the diagnosis.
- `origin`: an origin: scheme, host and port.
- `reach`: can a host be resolved, reached and trusted?.
"""
