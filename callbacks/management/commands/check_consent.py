import sys
from typing import Any

from django.core.management.base import BaseCommand

from callbacks import consent
from callbacks.models import ConsentProof


class Command(BaseCommand):
    help = (
        "Holds every proof of consent against its digest, its request and the chain. Exit status "
        "1 when something was changed behind our back."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for problem in consent.verify():
            found += 1
            self.stdout.write(f"Proof {problem.proof}: {problem.what}.")
        total = ConsentProof.objects.count()
        if found:
            self.stdout.write(f"{found} problems in {total} proofs.")
            sys.exit(1)
        self.stdout.write(f"{total} proofs, all as they were written.")
