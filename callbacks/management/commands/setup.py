"""Set up a new site: the first account, the first widget, the first test call.

Each step that was done already is left out, so it may be run again at any time.
"""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils.crypto import get_random_string

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.models import Widget
from callbacks.operations import operator, preparing
from callbacks.worker import heartbeat


class Command(BaseCommand):
    help = (
        "Set up a new site: check the connection to the call service, then create the first "
        "account and the first widget, and place a test call. It asks for what was not given. "
        "Steps that were done before are left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--username", help="the first account of the admin")
        add("--email", help="the email of that account")
        add("--widget", metavar="NAME", help="the name of the first widget")
        add("--originate", metavar="CODENAME", help="the scenario of its call bot")
        add("--origins", metavar="https://www.example.fr,…", help="the sites that may show it")
        add("--test-number", metavar="NUMBER", help="the number of the test call; '' for none")
        add("--no-check", action="store_true", help="do not check the call service")
        add("--no-input", action="store_true", help="ask nothing, and fail if something is missing")

    @no_translations
    def handle(self, **options: Any) -> None:
        self._given = options
        preparing.database(migrate=False)
        if not options["no_check"]:
            call_command("check_call_api", stdout=self.stdout, stderr=self.stderr)
        self._account()
        widget = self._widget()
        self._test_call(widget)

    def _account(self) -> None:
        """Create the first account, unless a superuser can sign in."""
        if User.objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write("Account: there is one already.")
            return
        username = self._ask("username", "User name of the first account")
        email = self._ask("email", "Its email")
        password = get_random_string(20)
        account = User(username=username, email=email, is_staff=True, is_superuser=True)
        account.set_password(password)
        try:
            account.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with transaction.atomic():
            account.save()
            audit_log.record(None, "user.add", account, operator=operator.name())
        self.stdout.write(f"Password of {username}: {password} (shown once)")
        self.stdout.write(
            "Sign in with it, choose another password, and set up two-factor sign-in."
        )

    def _widget(self) -> Widget:
        """Create the first widget, unless there is one; return it."""
        active = Widget.objects.filter(is_active=True).order_by("pk")
        if (known := active.first()) is not None:
            self.stdout.write(f"Widget: there is one already, {known} ({known.public_id}).")
            return known
        call_command(
            "create_widget",
            self._ask("widget", "Name of the first widget"),
            originate=self._ask("originate", "Codename of its scenario"),
            allowed_origins=self._ask("origins", "Sites that may show it, comma-separated"),
            stdout=self.stdout,
            stderr=self.stderr,
        )
        created: Widget = active.get()
        return created

    def _test_call(self, widget: Widget) -> None:
        """Place a test call, if a worker runs and a number is given."""
        if not heartbeat.alive(clock.now()).exists():
            self.stdout.write(
                "Test call: no call worker is running. Start the site (make serve), then run "
                "manage.py setup again in a second terminal."
            )
            return
        number = self._ask("test_number", "Number for a test call (empty for none)", empty=True)
        if number:
            account = User.objects.filter(is_superuser=True).order_by("pk").first()
            call_command(
                "place_test_call",
                number,
                widget=widget.public_id,
                email=account.email if account else "",
                yes=self._given["no_input"],
                stdout=self.stdout,
                stderr=self.stderr,
            )

    def _ask(self, name: str, question: str, *, empty: bool = False) -> str:
        """Return the option `name`, or what the operator answers to `question`.

        Raises:
            CommandError: there is no answer, unless `empty` allows it.
        """
        answer = self._given[name]
        option = f"--{name.replace('_', '-')}"
        if answer is None and not self._given["no_input"]:
            try:
                answer = input(f"{question}: ")
            except EOFError:
                answer = None
        answer = (answer or "").strip()
        if not answer and not empty:
            raise CommandError(f"{question} is missing: give it with {option}.")
        return str(answer)
