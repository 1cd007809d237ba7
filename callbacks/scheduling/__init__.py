"""When a call can take place.

`wait_estimate` says how long until the phone rings, from the place in the queue and the pace.
Intake and the status page import it.
"""
