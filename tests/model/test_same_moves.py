"""The model's moves are the product's: a new one is added to both, with the steps that make it."""

from callbacks.lifecycle import transitions
from tests.support.interleavings.model import MOVES


def test_the_model_has_the_moves_of_the_product():
    assert {
        name: (set(move.sources), move.target, set(move.actors)) for name, move in MOVES.items()
    } == {
        name: ({str(s) for s in move.sources}, str(move.target), {str(a) for a in move.actors})
        for name, move in transitions.MOVES.items()
    }
