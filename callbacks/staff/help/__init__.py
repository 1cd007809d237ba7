"""The help page: what each status, reason and code means, and what to do about it.

- `codes`: what each code of an attempt means, and what to do about it: texts of the help page.
- `entries`: an entry of the help page, and the sentences that several entries share.
- `help_page`: the help page: a day's work, statuses, roles, and what each reason and each code
  means.
- `reasons`: what each reason of a failed, uncertain or cancelled request means: texts of the help
  page.
- `statuses`: what each status of a request means, and the way through a day's work: texts of the
  help page.
"""
