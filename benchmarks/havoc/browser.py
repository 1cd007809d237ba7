"""Act as a visitor's browser: send one request, once, to one of several web processes."""

import http.client
import random
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.support.visitor import _FirstForm as FirstForm

# Seconds. A browser would wait longer; what matters is that the answer is not known.
PATIENCE = 10.0
_TIMES = re.compile(r'<option value="(now|opening|[0-9TZ:-]{20})"')


@dataclass(frozen=True)
class Answer:
    """An answer; `location` is where it redirects to, or "" if it does not."""

    status: int
    location: str
    text: str

    @property
    def token(self) -> str:
        """The token of the request, from the page that the answer redirects to."""
        return self.location.rstrip("/").rpartition("/")[2]

    def fields(self) -> dict[str, str]:
        """Return the fields of the first form on the page."""
        form = FirstForm()
        form.feed(self.text)
        return form.fields

    def times(self) -> list[str]:
        """Return what can be chosen in the field for the time: "now", "opening", or slots."""
        return _TIMES.findall(self.text)


class Browser:
    """Sends each request to a random port; `errors` lists pages that nobody should see."""

    def __init__(self, ports: list[int], chance: random.Random) -> None:
        self._ports, self._chance = ports, chance
        self.errors: tuple[str, ...] = ()

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Answer | None:
        """Return the answer, or None if no answer came."""
        port = self._chance.choice(self._ports)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        body = None if form is None else urlencode(form)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if answer.status not in {200, 303, 409, 422, 429, 503}:
            self.errors += (f"{method} {answer.status}",)
        return Answer(answer.status, answer.getheader("Location", ""), text)
