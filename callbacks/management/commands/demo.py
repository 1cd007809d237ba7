"""Run the demo. `make demo` runs this command, in the environment that deploy/demo.py makes."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import connections
from django.urls import reverse
from django.utils.crypto import get_random_string

from callbacks.call_api import connected_service
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, Status, Widget
from callbacks.operations import demo_history, ports, preparing, programs
from callbacks.operations.process import Program
from callbacks.operations.supervisor import Supervisor

USER = "demo"
MANAGE = ".venv/bin/python deploy/demo.py"
RESET = f"to change it: {MANAGE} changepassword {USER}"


class Command(BaseCommand):
    help = "Run the whole site with its sandbox on this machine, until Ctrl-C (make demo)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--history", action="store_true", help="fill an empty demo with a month of requests")
        add("--seed", type=int, default=1, metavar="N", help="another month (default: 1)")

    @no_translations
    def handle(self, *, history: bool, seed: int, **options: Any) -> None:
        if not settings.DEMO or "DEMO_DIR" not in os.environ:
            raise CommandError("Start the demo with make demo, which prepares its environment.")
        folder = Path(os.environ["DEMO_DIR"])
        sandbox_port = int(os.environ.get("SANDBOX_PORT", 0))
        shop_port = int(os.environ["SHOP_PORT"])
        try:
            widget = self._prepare(folder, sandbox_port, shop_port)
            if history:
                self._fill(widget, seed, folder / "history", sandbox_port)
        except CommandError as error:
            sys.exit(f"Cannot start: {error}")
        self._say("Starting …")
        layers = _layers(folder / "logs", sandbox_port)
        layers[-1].append(programs.shop(shop_port, widget.public_id, folder / "logs" / "shop.log"))
        supervisor = Supervisor(layers, folder=settings.BASE_DIR, say=self._say)
        status = supervisor.run(
            when_ready=lambda: self._welcome(folder, widget, sandbox_port, shop_port)
        )
        sys.exit(status)

    def _prepare(self, folder: Path, sandbox_port: int, shop_port: int) -> Widget:
        """Prepare the database, the queue, the static files and the widget. Return the widget."""
        if not sandbox_port and (folder / "history").exists():
            raise CommandError(
                "this demo has a history with made-up numbers, which may be somebody's. Use "
                "another folder for the real service: DEMO_DIR=var/real make demo"
            )
        _check_port("PORT", settings.PORT)
        _check_port("SHOP_PORT", shop_port)
        if sandbox_port:
            _check_port("SANDBOX_PORT", sandbox_port)
        self._say("Preparing the database and the static files …")
        preparing.run_system_checks()
        preparing.database(migrate=True)
        preparing.queue()
        preparing.static_files()
        _hold_what_another_service_left(folder / "service")
        widget = _widget(shop_port)
        connections.close_all()
        return widget

    def _fill(self, widget: Widget, seed: int, mark: Path, sandbox_port: int) -> None:
        """Fill the demo with a month of requests, if it has none yet. `mark` remembers that."""
        if not sandbox_port:
            raise CommandError("--history needs the sandbox: its numbers are made up.")
        mark.touch()
        self._say("Filling the demo with a month of requests …")
        # Each of its calls would be a line.
        logging.getLogger("callbacks").setLevel(logging.WARNING)
        count = demo_history.fill(widget, seed, self._say)
        self._say(f"  {count} requests." if count else "  Left out: there are requests already.")
        connections.close_all()

    def _welcome(self, folder: Path, widget: Widget, sandbox_port: int, shop_port: int) -> None:
        """Print the addresses of the demo and how to sign in."""
        password = _new_user()
        connections.close_all()
        entry = f"password {password} (shown once)" if password else f"password unchanged ({RESET})"
        self._say("")
        self._say(f"  The shop   http://shop.localhost:{shop_port}/")
        self._say(f"  The form   {settings.PUBLIC_URL}{widget.get_absolute_url()}")
        if sandbox_port:
            self._say(f"  The phone  http://localhost:{sandbox_port}/sandbox/")
        self._say(f"  The admin  {settings.PUBLIC_URL}{reverse('admin:index')}")
        self._say(f"             user {USER}, {entry}")
        self._say(f"  The data   {preparing.database_place()}")
        self._say(f"  The logs   {folder / 'logs'}")
        self._say("")
        self._say(connected_service.connected().sentence)
        if not sandbox_port:
            self._say("Numbers typed into the form are really called.")
            self._say(
                f"The form's scenario is {widget.originate}. For another: {MANAGE} create_widget "
                "NAME --originate CODENAME"
            )
        self._say("Press Ctrl-C to stop everything.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _check_port(variable: str, port: int) -> None:
    """Raise `CommandError` if the port cannot be used."""
    if complaint := ports.complaint(port):
        raise CommandError(
            f"{complaint} Stop the program that uses it, or choose another: "
            f"{variable}={port + 1} make demo"
        )


def _layers(logs: Path, sandbox_port: int) -> list[list[Program]]:
    """Return the demo's processes, in the order in which they start.

    The sandbox is the first to start and the last to end: a worker that ends still waits for the
    sandbox's answer.
    """
    logs.mkdir(mode=0o700, exist_ok=True)
    for old in logs.glob("*.log"):
        old.unlink()
    site = [
        programs.worker(logs / "worker.log"),
        programs.housekeeping(logs / "housekeeping.log"),
        programs.web(logs / "web.log"),
    ]
    if not sandbox_port:
        return [site]
    sandbox = programs.sandbox(
        sandbox_port,
        settings.UHLIVE_CLIENT_ID,
        settings.UHLIVE_CLIENT_SECRET,
        logs / "sandbox.log",
    )
    return [[sandbox], site]


def _hold_what_another_service_left(last_service: Path) -> None:
    """Set unfinished requests aside if another call service was connected when they were made.

    A number typed for the sandbox must not be called for real.
    """
    connected = connected_service.connected()
    now = connected.host if connected.kind is connected_service.Kind.OTHER else connected.kind
    if last_service.exists() and last_service.read_text() != now:
        unfinished = CallRequest.objects.filter(status__in=[Status.QUEUED, Status.CALLING])
        for call_request in unfinished:
            actions.hold(call_request, note="The demo was restarted with another call service.")
    last_service.write_text(now)


def _widget(shop_port: int) -> Widget:
    """Return the first active widget, or a new one if there is none. The shop may show it."""
    widget = Widget.objects.filter(is_active=True).order_by("pk").first()
    if widget is None:
        widget = Widget.objects.create(name="Demo", originate="demo", accent_colour="#0f766e")
    # Some systems cannot resolve names below localhost. The numeric address works there.
    shop = [f"http://shop.localhost:{shop_port}", f"http://127.0.0.1:{shop_port}"]
    if missing := [origin for origin in shop if origin not in widget.allowed_origins]:
        widget.allowed_origins = [*widget.allowed_origins, *missing]
        widget.save(update_fields=["allowed_origins"])
    return widget


def _new_user() -> str:
    """Create the demo's staff user and return the password, or "" if the user exists already."""
    users = get_user_model().objects
    if users.filter(username=USER).exists():
        return ""
    password = get_random_string(16)
    users.create_superuser(USER, password=password)
    return password
