# Importing these registers the pages of the admin.
from callbacks.staff.accounts import api_key_admin, audit_log_admin, user_admin  # noqa: F401
from callbacks.staff.block_list import block_list_admin  # noqa: F401
from callbacks.staff.outbox import outbox_admin  # noqa: F401
from callbacks.staff.privacy import consent_admin, erasure_admin  # noqa: F401
from callbacks.staff.requests import outcome_admin, refusal_admin, request_admin  # noqa: F401
from callbacks.staff.webhooks import webhook_admin  # noqa: F401
from callbacks.staff.widgets import widget_admin  # noqa: F401
