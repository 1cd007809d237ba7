"""When a call can take place.

`wait_estimate` computes how long until the phone rings, from the place in the queue and the call
rate. Intake and the status page import it.
"""
