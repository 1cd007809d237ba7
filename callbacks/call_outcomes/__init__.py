"""What became of a call, as the call service reports it afterwards.

The service posts a report of each call that it has processed (`UHLIVE_WEBHOOK_SECRET`).
`signature` checks that it comes from the service, `report` reads it, `store` finds its request and
stores it once.

An outcome changes no status and places no call. Interfaces and housekeeping import this part.
"""
