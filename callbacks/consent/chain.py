"""The chain of all proofs, which shows when a row is missing.

Housekeeping extends the chain. If intake did, visitors would wait for each other.
"""

from django.db import transaction
from django.utils.crypto import constant_time_compare

from callbacks.consent.keyed import next_in_chain
from callbacks.core import database
from callbacks.models import ConsentProof

CHAIN_START = "0" * 64


def chain_up(batch: int = 500) -> int:
    """Give a place in the chain to up to `batch` proofs that have none; return how many."""
    with transaction.atomic():
        database.lock(["consent-chain"])
        waiting = list(ConsentProof.objects.filter(link=None).order_by("pk")[:batch])
        if not waiting:
            return 0
        link, chain = head()
        for proof in waiting:
            link += 1
            chain = next_in_chain(chain, proof)
            proof.link, proof.chain = link, chain
        ConsentProof.objects.bulk_update(waiting, ["link", "chain"])
    return len(waiting)


def head() -> tuple[int, str]:
    """Return the last place of the chain and the chain's value there.

    Keep this pair outside the database. Later, `holds` shows with it whether the newest proofs were
    cut off.
    """
    last = ConsentProof.objects.filter(link__isnull=False).order_by("-link").first()
    return (last.link or 0, last.chain) if last else (0, CHAIN_START)


def holds(link: int, chain: str) -> bool:
    """Return whether the chain still has the value `chain` at the place `link`."""
    if link == 0:
        return chain == CHAIN_START
    row = ConsentProof.objects.filter(link=link).first()
    return row is not None and constant_time_compare(row.chain, chain)
