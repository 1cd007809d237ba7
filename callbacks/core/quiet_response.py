"""Read HTTP responses without logging what the other side sent."""

import http.client


class QuietResponse(http.client.HTTPResponse):
    """A response of `http.client` whose unreadable headers are not logged.

    `urllib3` logs headers that it cannot parse as they are, with the address. They may repeat our
    request, and the address may contain a key.
    """

    def begin(self) -> None:
        """Read the status line and the headers, and forget what could not be read of them."""
        super().begin()
        self.msg.defects.clear()
        self.msg.set_payload("")
