#!/usr/bin/env python
"""Django's command line. A wrong environment ends in one sentence, not in a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callback_site.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from callback_site.durability import refuse_at_start
    from callback_site.transaction_settings import no_statement_timeout

    try:
        if sys.argv[1:2] == ["run_huey"]:
            # Its threads alone use the database, and could not end the process with a sentence.
            django.setup()
            refuse_at_start()
        # Threads that a command starts, as the worker's, have the time-out all the same.
        with no_statement_timeout():
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Cannot start: {error}")


if __name__ == "__main__":
    main()
