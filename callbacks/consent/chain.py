"""The chain of all proofs, which shows when a row is missing.

Housekeeping extends the chain. If intake did, visitors would wait for each other.
"""

from django.db import transaction
from django.utils.crypto import constant_time_compare

from callbacks.consent.keyed import fits_seal, next_in_chain, seal_of
from callbacks.consent.proof import to_seal
from callbacks.core import database
from callbacks.models import ConsentProof

CHAIN_START = "0" * 64


def chain_up(batch: int = 500) -> int:
    """Give a place in the chain to up to `batch` proofs that have none; return how many.

    The row is sealed again with its place, but only if its seal was right before. A row that an
    erasure has locked waits for the next round: the erasure writes its seal, too.
    """
    with transaction.atomic():
        database.lock(["consent-chain"])
        waiting = ConsentProof.objects.filter(link=None).order_by("pk")
        free = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
        # Read again once they are locked: an erasure may have ended between.
        proofs = list(to_seal(ConsentProof.objects.filter(pk__in=list(free[:batch]))))
        if not proofs:
            return 0
        link, chain = head()
        for proof in proofs:
            link += 1
            chain = next_in_chain(chain, proof)
            is_sealed = fits_seal(proof)
            proof.link, proof.chain = link, chain
            if is_sealed:
                proof.seal = seal_of(proof)
        ConsentProof.objects.bulk_update(proofs, ["link", "chain", "seal"])
    return len(proofs)


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
