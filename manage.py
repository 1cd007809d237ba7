#!/usr/bin/env python
"""Django's command line.

A wrong environment ends in one sentence, not in a traceback, and so does an argument that is not
UTF-8, or a database that is locked, away or not up to date.
"""

import os
import sys


def main() -> None:
    _refuse_bytes()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callback_site.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import Error

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
    except Error as error:
        from callbacks.operations import preparing

        sentence = preparing.ended_by_database(error)
        if sentence is None or "--traceback" in sys.argv:
            raise
        sys.exit(str(sentence))


def _refuse_bytes() -> None:
    """End with a sentence if an argument is not UTF-8: no command could store or print it."""
    for number, argument in enumerate(sys.argv[1:], start=1):
        try:
            argument.encode()
        except UnicodeEncodeError:
            sys.exit(f"Argument {number} is not valid text (UTF-8).")


if __name__ == "__main__":
    main()
