"""How an entry of the block list is shown: masked, unless this session lifted the mask."""

from django.utils.translation import gettext as _

from callbacks.abuse import block_list
from callbacks.contact import number_display
from callbacks.core import crypto
from callbacks.data_protection.subject_access import UNREADABLE
from callbacks.models import Block, BlockKind
from callbacks.staff.common import unmasking


def shown(block: Block, masking: unmasking.Masking = unmasking.MASKED) -> str:
    """Return the value of an entry as the session sees it.

    A masked number hides most of its digits. So does a masked prefix that is long.
    """
    if crypto.is_unreadable(block.value):
        return str(UNREADABLE)
    value = str(block.value)
    if not value:
        return str(_("erased"))
    if not masking.is_lifted:
        return block_list.masked(block)
    return number_display.displayed(value) if block.kind == BlockKind.NUMBER else value


def masking_of(block: Block) -> unmasking.Masking:
    """Return how the session sees the entry, which `BlockAdmin.get_object` stored with it."""
    masking: unmasking.Masking = getattr(block, "masking", unmasking.MASKED)
    return masking


def is_masked(block: Block) -> bool:
    """Return whether the entry has a readable value, of which this session sees only a part."""
    return bool(block.value) and shown(block, masking_of(block)) != shown(
        block, unmasking.Masking(True)
    )
