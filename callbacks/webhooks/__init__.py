"""Tell the systems of a company what becomes of its requests, by webhooks.

An endpoint is an address of such a system, with the events that it wants. An event that happens is
a row of the outbox for each endpoint, written in the same message as what it tells of
(`events`). `deliver` sends it, signed by the Standard Webhooks scheme, again and again until the
endpoint accepts it. `client` refuses addresses inside our own network.

Lifecycle, intake, the worker and the interfaces import this part.

- `body`: build the body of a webhook from the rows as they are when it is sent.
- `endpoints`: create, change and remove webhook endpoints, and send messages to them again.
"""
