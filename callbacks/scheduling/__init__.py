"""When a call can take place, and in which order.

- `due` finds the requests that may be called now; `fair_queue` gives each its place in the queue.
- `pacing` limits how many calls may start, for the account and for each widget.
- `open_periods` writes and reads when each widget is open; `open_periods_job` renews it each day.
- `slots` finds the time slots that visitors can choose: `slot_grid` says where they lie, and
  `slot_places` counts how many places are taken.
- `calendar_file` writes a booked call for the visitor's calendar.
- `bookings` counts, for staff, what is booked in each slot.
- `wait_estimate` computes how long until the phone rings, from the place in the queue and the call
  rate.
- `call_time`: from when to when a request may be called: its time, and the end of its maximum wait.
- `offer`: what a visitor is offered at a moment: a call now, at the next opening, or in a time
  slot.
- `pauses`: pauses that end by themselves: that of one widget, and the stop of all calls.

Intake, lifecycle, dispatch, housekeeping, staff pages and the status page import it.
"""
