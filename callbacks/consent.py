"""Consent and its proof (Code de la consommation, L223-1: the proof is the caller's).

Each request leaves evidence of what was shown, when, where and to whom; so do a corrected number
and a withdrawal. A row's digest is keyed, so that nobody without `HASH_KEY` can rewrite a row and
its digest; the sweep chains the digests, so that a row that is gone is missed as well. The chain
is made by the sweep and not at intake, where it would make all visitors wait for each other.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.crypto import constant_time_compare, get_random_string

from callbacks import clock, db, personal
from callbacks.models import CallRequest, ConsentEvent, ConsentProof, ConsentText, Widget
from callbacks.sql import Question

CHAIN_START = "0" * 64
# So many rows are read at once.
PAGE = 1000


@lru_cache(maxsize=256)  # a form asks for it twice, and texts are few
def text_digest(text: str) -> str:
    """The SHA-256 of a consent text, in hex: what an authority can compute by itself."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_questions(widget: Widget, language: str, text: str) -> db.Questions:
    """What `text_version` has to know."""
    known = "FROM callbacks_consenttext WHERE widget_id = %s AND language = %s AND digest = %s"
    mine = (widget.pk, language, text_digest(text))
    return {
        "text_id": Question(f"SELECT id {known}", mine),
        "text_version": Question(f"SELECT version {known}", mine),
    }


def text_version(
    widget: Widget, language: str, text: str, found: db.Answers, now: datetime
) -> ConsentText:
    """The version of `text`; made when it is shown for the first time.

    To be called inside a transaction, with the answers to `text_questions`.
    """
    digest = text_digest(text)
    version = ConsentText(widget=widget, language=language, text=text, digest=digest)
    if found["text_id"] is not None:
        version.pk, version.version = found["text_id"], found["text_version"]
        return version
    # Two may be the first to show it: the second finds what the first has made.
    db.lock([f"consent-text:{widget.pk}"])
    others = ConsentText.objects.filter(widget=widget, language=language)
    known = others.filter(digest=digest).first()
    if known is not None:
        return known
    version.version = (others.aggregate(latest=Max("version"))["latest"] or 0) + 1
    version.created_at = now
    version.save()
    return version


def proof_of(
    request: CallRequest, event: ConsentEvent, at: datetime, text: ConsentText | None
) -> ConsentProof:
    """The evidence of one event, to be saved in the transaction of what it is evidence of."""
    salt = get_random_string(32)
    proof = ConsentProof(
        request=request,
        event=event,
        at=at,
        text=text,
        page_url=request.page_url,
        salt=salt,
        page_commitment=_commitment(salt, request.page_url),
        number_commitment=_commitment(salt, request.number),
        email_commitment=_commitment(salt, request.email),
        address_commitment=_commitment(salt, request.address),
    )
    proof.digest = _digest(proof, request)
    return proof


def record_again(request: CallRequest, event: ConsentEvent) -> ConsentProof:
    """Saves the evidence of a later event, under the text that the request was made under."""
    first = request.consent_proofs.filter(event=ConsentEvent.GIVEN).first()
    return db.insert(proof_of(request, event, clock.now(), first.text if first else None))


def was_given(request: CallRequest, numbers: Sequence[str]) -> bool:
    """Return whether the request was made with one of these numbers (E.164), even if it was
    corrected afterwards."""
    given = request.consent_proofs.filter(event=ConsentEvent.GIVEN).exclude(salt="")
    return any(
        constant_time_compare(proof.number_commitment, _commitment(proof.salt, number))
        for proof in given
        for number in numbers
    )


def chain_up(batch: int = 500) -> int:
    """Gives proofs that have none their place in the chain; returns how many."""
    with transaction.atomic():
        db.lock(["consent-chain"])
        waiting = list(ConsentProof.objects.filter(link=None).order_by("pk")[:batch])
        if not waiting:
            return 0
        last = ConsentProof.objects.filter(link__isnull=False).order_by("-link").first()
        link, chain = (last.link or 0, last.chain) if last else (0, CHAIN_START)
        for proof in waiting:
            link += 1
            chain = _keyed("chain", chain + proof.digest)
            proof.link, proof.chain = link, chain
        ConsentProof.objects.bulk_update(waiting, ["link", "chain"])
    return len(waiting)


@dataclass(frozen=True)
class Problem:
    """Something that was changed behind our back. `proof`: its row's id, or the one after a gap."""

    proof: int
    what: str


def verify(newest: int | None = None) -> Iterator[Problem]:
    """Holds rows against their digests, their requests and the chain; yields what does not fit.

    All rows, or the `newest` places of the chain and what has no place in it yet.
    """
    chain, link = CHAIN_START, 0
    chained = ConsentProof.objects.filter(link__isnull=False)
    if newest is not None:
        last = chained.aggregate(last=Max("link"))["last"] or 0
        before = chained.filter(link__lte=last - newest).order_by("-link").first()
        if before is not None:
            chain, link = before.chain, before.link or 0
    yield from _verify_from(chain, link)


def check(proof: ConsentProof) -> list[Problem]:
    """What does not fit of one row: its digest, its request, and its place in the chain."""
    problems = list(_row_problems(proof))
    if proof.link is not None:
        before = ConsentProof.objects.filter(link=proof.link - 1).first()
        if before is None and proof.link > 1:
            problems.append(Problem(proof.pk, "rows before this one are missing"))
        else:
            chain = before.chain if before else CHAIN_START
            if not constant_time_compare(proof.chain, _keyed("chain", chain + proof.digest)):
                problems.append(Problem(proof.pk, "does not fit into the chain"))
    return problems


def _verify_from(chain: str, link: int) -> Iterator[Problem]:
    """`verify`, of what stands after this place in the chain."""
    rows = ConsentProof.objects.select_related("request", "text", "request__widget")
    for proof in _in_pages(rows, "link", behind=link):
        yield from _row_problems(proof)
        link += 1
        if proof.link != link:
            yield Problem(proof.pk, "rows before this one are missing")
            link = proof.link or link
        elif not constant_time_compare(proof.chain, _keyed("chain", chain + proof.digest)):
            yield Problem(proof.pk, "does not fit into the chain")
        chain = proof.chain
    for proof in _in_pages(rows.filter(link=None), "id", behind=0):
        yield from _row_problems(proof)


def _in_pages(rows: QuerySet[ConsentProof], key: str, *, behind: int) -> Iterator[ConsentProof]:
    """In the order of `key`. Not by a cursor, which transaction pooling does not carry."""
    while page := list(rows.filter(**{f"{key}__gt": behind}).order_by(key)[:PAGE]):
        yield from page
        behind = getattr(page[-1], key)


def _row_problems(proof: ConsentProof) -> Iterator[Problem]:
    if proof.emptied_at is not None:
        return
    request = proof.request
    if not constant_time_compare(proof.digest, _digest(proof, request)):
        yield Problem(proof.pk, "differs from its digest")
    if proof.text is not None and proof.text.digest != text_digest(proof.text.text):
        yield Problem(proof.pk, "the consent text was changed")
    if not proof.salt:
        return
    newest = request.consent_proofs.order_by("-pk").values_list("pk", flat=True).first()
    if proof.pk == newest:
        for name, value in (("number", request.number), ("email", request.email)):
            if personal.is_unreadable(value):
                yield Problem(proof.pk, f"the request's {name} cannot be decrypted")
            elif getattr(proof, f"{name}_commitment") != _commitment(proof.salt, value):
                yield Problem(proof.pk, f"the request's {name} was changed")
    if proof.page_commitment != _commitment(proof.salt, proof.page_url):
        yield Problem(proof.pk, "the page was changed")


def _digest(proof: ConsentProof, request: CallRequest) -> str:
    text = proof.text
    facts = [
        request.token,
        request.widget.public_id,
        proof.event,
        proof.at.isoformat(),
        [text.language, text.version, text.digest] if text else None,
        proof.page_commitment,
        proof.number_commitment,
        proof.email_commitment,
        proof.address_commitment,
    ]
    return _keyed("proof", json.dumps(facts, separators=(",", ":")))


def _commitment(salt: str, value: str) -> str:
    return _keyed(f"commitment:{salt}", value) if value else ""


def _keyed(purpose: str, message: str) -> str:
    key = f"consent:{settings.HASH_KEY}".encode()
    return hmac.new(key, f"{purpose}:{message}".encode(), hashlib.sha256).hexdigest()
