"""What one sandbox knows while it runs."""

from dataclasses import dataclass, field

from callbacks.sandbox.calls import CallBook
from callbacks.sandbox.changes import Changes
from callbacks.sandbox.faults import FaultBook
from callbacks.sandbox.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Credentials, tokens, calls and faults. `answer_seconds`: how long startcall takes."""

    client_id: str
    client_secret: str = field(repr=False)
    answer_seconds: float
    tokens: Tokens
    changes: Changes
    calls: CallBook
    faults: FaultBook
