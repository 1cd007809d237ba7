"""Give access again to a person who is locked out of the admin."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils.crypto import get_random_string

from callbacks.accounts import audit_log, sign_in_throttle, two_factor
from callbacks.operations import operator


class Command(BaseCommand):
    help = (
        "Give access again to somebody who is locked out. The account becomes an active superuser "
        "with a new password; its two-factor sign-in is removed, and it is unlocked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    @no_translations
    def handle(self, *, username: str, yes: bool, **options: Any) -> None:
        account = User.objects.filter(username=username).first()
        if account is None:
            raise CommandError(
                f"There is no account {username!r}. Create one with manage.py createsuperuser."
            )
        if not yes and not self._is_confirmed(username):
            raise CommandError("Nothing was changed.")
        password = get_random_string(20)
        with transaction.atomic():
            account.is_active = account.is_staff = account.is_superuser = True
            account.set_password(password)
            account.save()
            two_factor.remove(account, by=None)
            sign_in_throttle.forget(username)
            audit_log.record(None, audit_log.RESCUE, account, operator=operator.name())
        self.stdout.write(f"Password of {username}: {password} (shown once)")
        self.stdout.write(
            "Sign in with it, choose another password, and set up two-factor sign-in again."
        )

    def _is_confirmed(self, username: str) -> bool:
        """Say what will change, and return whether the operator confirms it."""
        self.stdout.write(
            f"{username} becomes an active superuser with a new password. It is signed out "
            "everywhere, its two-factor sign-in is removed, and it is unlocked."
        )
        try:
            return input("Type yes to continue: ").strip().lower() == "yes"
        except EOFError:
            return False
