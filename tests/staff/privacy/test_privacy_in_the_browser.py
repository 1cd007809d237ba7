"""The pages about abuse and privacy in a real browser: nothing blocked, nothing that fails axe."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from callbacks.abuse import block_list, refusals
from callbacks.consent import chain as consent_chain
from callbacks.data_protection import erasure
from callbacks.models import BlockKind, RefusalKind, Status
from tests.support.browsers.admin import faults
from tests.support.factories import accept_one, make_request
from tests.support.samples.hostile import large_file
from tests.support.staff.pages import proof_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def addresses() -> list[str]:
    call_request = accept_one()
    consent_chain.chain_up()
    block, _ = block_list.add(BlockKind.NUMBER, "+33612345678", reason="Asked for it by phone")
    block_list.add(BlockKind.DOMAIN, "example.fr")
    refusals.record(call_request.widget, RefusalKind.NUMBER, number="+33612345678")
    row = erasure.erase(None, number="+33699999999")
    return [
        reverse("admin:callbacks_block_changelist"),
        reverse("admin:callbacks_block_add"),
        reverse("admin:callbacks_block_change", args=[block.pk]),
        reverse("admin:callbacks_block_delete", args=[block.pk]),
        reverse("admin:callbacks_block_import"),
        reverse("admin:callbacks_refusal_changelist"),
        reverse("admin:privacy"),
        reverse("admin:retention"),
        reverse("admin:callbacks_erasure_changelist"),
        reverse("admin:certificate", args=[row.certificate]),
        reverse("admin:callbacks_consenttext_changelist"),
        reverse("admin:consent_check"),
        proof_page(call_request),
    ]


def look(page: Page, name: str) -> None:
    page.trouble.extend(f"{name}: {fault}" for fault in faults(page))  # type: ignore[attr-defined]


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_sound(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    for address in addresses():
        page.goto(address)
        look(page, address)
    assert page.trouble == []  # type: ignore[attr-defined]


def test_pages_fit_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for address in addresses():
        page.goto(address)
        too_wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide <= 0, address


def test_an_import_from_paste_to_list(page: Page) -> None:
    page.goto(reverse("admin:callbacks_block_import"))
    page.get_by_label("Lines").last.fill("number,06 12 34 56 78,rude\nfish,x\ndomain,example.fr")
    page.get_by_role("button", name="Check").click()
    look(page, "preview")
    page.get_by_role("button", name="Block 2 entries").click()
    expect(page.get_by_text("2 entries are on the block list.")).to_be_visible()
    assert page.trouble == []  # type: ignore[attr-defined]


def test_a_person_is_looked_up_and_erased(page: Page) -> None:
    call_request = make_request(number="+33612345678", status=Status.CALLED)
    page.goto(reverse("admin:privacy"))
    page.get_by_label("Number or email").fill("06 12 34 56 78")
    page.get_by_role("button", name="Search").click()
    look(page, "found")
    assert "612345678" not in page.url
    page.get_by_label("Yes, erase this data").check()
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    call_request.refresh_from_db()
    assert call_request.number == ""
    assert page.trouble == []  # type: ignore[attr-defined]


def test_a_large_list_is_looked_over_and_chosen_again(page: Page) -> None:
    upload: Any = {
        "name": "list.csv",
        "mimeType": "text/csv",
        "buffer": large_file(3000).read() + b"fish,x\n",
    }
    page.goto(reverse("admin:callbacks_block_import"))
    page.locator("#id_file").set_input_files(upload)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="3000 lines are right")).to_be_visible()
    look(page, "looked over")
    page.locator("#again_file").set_input_files(upload)
    page.get_by_role("button", name="Block 3000 entries").click()
    expect(page.get_by_text("New: 3000. Renewed: 0. Lines left out: 1.")).to_be_visible()
    assert page.trouble == []  # type: ignore[attr-defined]
