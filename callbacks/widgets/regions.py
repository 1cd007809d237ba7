"""The regions in which numbers are called."""

from callbacks.models import Widget


def to_search() -> list[str]:
    """Return the regions (ISO 3166) by which a number is read that somebody searches.

    They are France and those of all widgets.
    """
    found = {"FR"}
    for allowed in Widget.objects.values_list("allowed_regions", flat=True):
        found.update(allowed)
    return sorted(found)
