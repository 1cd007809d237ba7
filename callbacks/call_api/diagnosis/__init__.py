"""Find out what is wrong between us and the call service, for `manage.py check_call_api`."""
