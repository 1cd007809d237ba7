"""Set unfinished requests aside after a backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db.models import Max, QuerySet

from callbacks.dispatch import call_switch
from callbacks.lifecycle import actions
from callbacks.models import CallRequest, Reason, Status

BATCH = 500
_FORMS = "Forms opened before now are shown again when they are sent."


class Command(BaseCommand):
    help = (
        "Run this after restoring a backup, before anything else. Every unfinished request becomes "
        "uncertain, because the backup cannot tell which calls were placed since it was made. "
        "Forms opened before are shown again, because it cannot tell which ones were accepted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    @no_translations
    def handle(self, *, yes: bool, **options: Any) -> None:
        newest = CallRequest.objects.aggregate(pk=Max("pk"))["pk"] or 0
        count = _unfinished(newest).count()
        if not count:
            call_switch.note_restore()
            self.stdout.write("No request is unfinished.")
            self.stdout.write(_FORMS)
            return
        if not yes:
            self.stdout.write(
                f"Unfinished requests: {count}. They become uncertain: nobody is called unless "
                "staff retry them in the admin."
            )
            if input("Type yes to continue: ").strip().lower() != "yes":
                raise CommandError("Nothing was changed.")
        call_switch.note_restore()
        held = _hold(newest)
        self.stdout.write(f"Now uncertain: {held}. They are listed in the admin.")
        self.stdout.write(_FORMS)


def _unfinished(newest: int) -> QuerySet[CallRequest]:
    """Return the unfinished requests of the backup, without any that was accepted since."""
    return CallRequest.objects.filter(
        pk__lte=newest, status__in=[Status.QUEUED, Status.CALLING]
    ).order_by("pk")


def _hold(newest: int) -> int:
    """Make the unfinished requests uncertain, a batch at a time. Return how many."""
    held = 0
    while batch := list(_unfinished(newest)[:BATCH]):
        held += sum(actions.hold(call_request, reason=Reason.RESTORED) for call_request in batch)
    return held
