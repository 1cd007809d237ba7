"""From a due row to a phone that rings: claim, place, record, try again.

`place_next` is one turn of that; a worker's message runs it once (see `callbacks.worker.tasks`).
"""

from callbacks.dispatch.place import PlaceResult, place_next

__all__ = ["PlaceResult", "place_next"]
