"""Take the screenshots of time slots and opening hours, for visitors and for staff.

`deploy/screenshots.py` runs the site and shows the pictures in light and dark, as the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.site_processes import Site

WEEK = "Mo-Fr 09:00-12:30,14:00-18:00; Sa 09:00-12:00; PH off"
WITHOUT_SATURDAY = "Mo-Fr 09:00-12:30,14:00-18:00; PH off"
PASSWORD = "only-for-screenshots"  # noqa: S105 - of a site that is thrown away
STAFF = (1180, 900)
# The requests in each of the free slots, by their place; the last ones are on a Saturday.
BOOKED = {0: 1, 1: 3, 2: 1, 5: 2, 18: 2, 20: 1}
BOOK = """[
    CallRequest.objects.create(
        widget=widget, nonce=f"{place} {n}", number=f"+3363998{place:02}{n:02}",
        email=f"visitor{n}@example.fr", language="fr", consent_text="", consent_at=now,
        created_at=now, status_at=now, due_at=slot.start, is_scheduled=True,
        slot_start=slot.start, slot_end=slot.end, patience_until=slot.end,
        status="called" if n == 2 else "queued",
    ).pk
    for scheduling in [__import__("callbacks.scheduling", fromlist=["slots"])]
    for now in [__import__("datetime").datetime.now(__import__("datetime").UTC)]
    for widget in Widget.objects.filter(public_id=WIDGET)
    for slots in [list(scheduling.slots.free_slots(widget, "", now))]
    for booked in [BOOKED | {next(n for n, one in enumerate(slots)
        if one.start.weekday() == 5): 2}]
    for place, slot in enumerate(slots)
    for n in range(booked.get(place, 0))
]"""
ADD_CHIEF = (
    "__import__('django.contrib.auth.models', fromlist=['User'])"
    f".User.objects.create_superuser('chief', password={PASSWORD!r}).pk"
)

type OpenPage = Callable[[tuple[int, int], str, str], Any]


@dataclass(frozen=True)
class Booked:
    """A site with a widget that takes bookings, and one that is closed for now."""

    site: Site
    open_id: str
    closed_id: str

    def form(self, public_id: str) -> str:
        """Return the address of a form."""
        return f"{self.site.url}/w/{public_id}/"


def prepare(site: Site) -> Booked:
    """Create the widgets, bookings, and the account of a member of staff."""
    hours = ("--holidays", "FR", "--timezone", "Europe/Paris", "--slot-capacity", "3")
    open_id = _created(site, "Town hall", "--hours", WEEK, *hours)
    site.query(BOOK.replace("WIDGET", repr(open_id)).replace("BOOKED", repr(BOOKED)))
    site.manage("change_widget", open_id, "--hours", WITHOUT_SATURDAY)
    # Closed now, whenever the pictures are taken.
    today = datetime.now(UTC).date()
    days = [f"{today + timedelta(days=more):%Y %b %d}" for more in (-1, 1)]
    closed = f"Mo-Su 09:00-18:00; {days[0]}-{days[1]} off"
    closed_id = _created(site, "Library", "--hours", closed, "--when-closed", "message")
    site.query(ADD_CHIEF)
    return Booked(site, open_id, closed_id)


def _created(site: Site, name: str, *options: str) -> str:
    """Create a widget, and return its public id."""
    printed = site.manage("create_widget", name, "--originate", "demo", *options)
    line = next(line for line in printed.splitlines() if line.startswith("Public id:"))
    return line.partition(":")[2].strip()


def of_visitors(page: Any, place: Booked, number: str) -> list[bytes]:
    """Book a call and move it; return a picture of each step."""
    page.goto(place.form(place.closed_id))
    closed = page.screenshot()
    page.goto(place.form(place.open_id))
    page.select_option("#when", index=2)
    form = page.screenshot()
    page.fill("#number", number)
    page.fill("#email", "jo@example.fr")
    page.check("#consent")
    page.click("form button")
    page.locator("main[data-status=queued]").wait_for()
    status = page.screenshot()
    page.locator(".while-queued a[href*='/time/']").click()
    page.locator("#when").wait_for()
    page.select_option("#when", index=12)
    return [form, status, page.screenshot(), closed]


def of_staff(page: Any, place: Booked, folder: Path, scheme: str) -> None:
    """Take the editor of the week and the page of bookings."""
    page.goto(f"{place.site.url}/admin/login/")
    page.fill("#id_username", "chief")
    page.fill("#id_password", PASSWORD)
    page.click("form [type=submit]")
    page.wait_for_load_state("networkidle")
    pk = place.site.query(f"Widget.objects.get(public_id={place.open_id!r}).pk")
    for name, path in (
        ("hours", f"callbacks/widget/{pk}/change/#hours"),
        ("bookings", "bookings/"),
    ):
        page.goto(f"{place.site.url}/admin/{path}")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(folder / f"{name}-{scheme}.png"))
