"""Staff accounts in the admin: sign-in, two-factor sign-in, invitations, roles, the audit log.

- `account_forms`: the forms that change an account and set its password.
- `account_views`: the buttons on the page of an account: remove its two-factor sign-in, send its
  invitation.
- `api_key_admin`: the API keys, in the admin: listed, created, and revoked after a question.
- `audit_log_admin`: the audit log in the admin: staff with the right to it read and search it.
- `audit_log_words`: entries of the audit log in words, in the language of the page.
- `group_admin`: roles in the admin: which permissions each one carries.
- `hours_change_words`: changes of a widget's hours in words, in the language of the page.
- `invitation`: invite a colleague, who chooses a password by a link in an email.
- `invitation_page`: send an invitation from the admin, and tell the person who invites.
- `new_api_key`: create an API key in the admin, and show it once.
- `password_reset`: choose a password by a link in an email: a forgotten one, or the first one of a
  colleague.
- `roles`: the names of the roles, with a sentence about each.
- `second_step`: the pages of two-factor sign-in.
- `session_end`: end sessions: when the browser closes, after some hours, and after a time without
  activity.
- `sign_in`: sign-in: its entries in the audit log, and the limit of attempts.
- `sign_in_form`: the form of the sign-in page: by user name or email, with errors that say what is
  wrong.
- `user_admin`: staff accounts in the admin: invitations, roles, and who may change whom.
"""
