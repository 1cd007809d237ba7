"""Check every proof of consent, and print the head of their chain."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from callbacks.consent import chain as consent_chain
from callbacks.consent import verification


class Command(BaseCommand):
    help = (
        "Check every proof of consent against its seal, its digest, its request and the chain, and "
        "print the head of the chain. The exit status is 1 if a change was found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            metavar="PLACE:VALUE",
            help="a head of the chain printed earlier, to check that the chain still contains it",
        )

    def handle(self, *args: Any, head: str | None = None, **options: Any) -> None:
        place, _, value = (head or "0:").partition(":")
        if head and not (place.isascii() and place.isdigit() and len(place) <= 18 and value):
            raise CommandError("--head must be a place and a value, as printed: 123:0a1b…")
        found = 0
        verdicts = Counter[verification.Verdict]()
        for result in verification.results():
            verdicts[result.verdict] += 1
            for problem in result.problems:
                found += 1
                self.stdout.write(f"Proof {problem.proof}: {problem.what}.")
        if head and not consent_chain.holds(int(place), value):
            found += 1
            self.stdout.write(
                "The chain does not contain this head: proofs were removed or changed."
            )
        self.stdout.write(
            f"{verdicts.total()} proofs: {verdicts[verification.Verdict.VERIFIED]} verified, "
            f"{verdicts[verification.Verdict.UNVERIFIABLE]} cannot be verified (erased, or "
            f"storage period over), {verdicts[verification.Verdict.CHANGED]} changed."
        )
        last, chain = consent_chain.head()
        self.stdout.write(
            f"Head of the chain: {last}:{chain}\nKeep it outside the database: only a head kept "
            "elsewhere (--head) shows whether the newest proofs were removed."
        )
        if found:
            sys.exit(1)
