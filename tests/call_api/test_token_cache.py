"""One token for all threads, fetched once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from callbacks.call_api import CallApi, CredentialsRefused, NotSent, TokenUnavailable
from callbacks.call_api.token_cache import TokenCache
from callbacks.call_api.tokens import Token
from tests.support.call_service.scripted import Connection, ScriptedServer, answer, token
from tests.support.call_service.start import start_call


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Endpoint:
    """Gives numbered tokens that hold 300 s, or raises what it is told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked = 0
        self.deadlines: list[float] = []
        self.failure: NotSent | None = None

    def __call__(self, deadline: float) -> Token:
        self.asked += 1
        self.deadlines.append(deadline)
        if self.failure:
            raise self.failure
        return Token(f"token-{self.asked}", self.clock.now, self.clock.now + 270)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(clock: Clock) -> Endpoint:
    return Endpoint(clock)


@pytest.fixture
def cache(clock: Clock, endpoint: Endpoint) -> TokenCache:
    return TokenCache(endpoint, patience=10.0, clock=clock)


def test_a_token_is_kept_until_it_is_to_be_renewed(
    cache: TokenCache, clock: Clock, endpoint: Endpoint
):
    assert cache.get().value == "token-1"
    clock.now += 269.9
    assert cache.get().value == "token-1"
    clock.now += 0.1
    assert cache.get().value == "token-2"
    assert endpoint.asked == 2


def test_a_failure_is_shared_for_a_second(cache: TokenCache, clock: Clock, endpoint: Endpoint):
    endpoint.failure = CredentialsRefused("no", http_status=401, excerpt="their words")
    with pytest.raises(CredentialsRefused):
        cache.get()
    clock.now += 0.9
    with pytest.raises(CredentialsRefused) as again:
        cache.get()
    assert endpoint.asked == 1
    assert again.value is not endpoint.failure
    assert (str(again.value), again.value.http_status) == ("no", 401)
    assert (again.value.code, again.value.excerpt) == ("credentials_refused", "their words")
    clock.now += 0.2
    with pytest.raises(CredentialsRefused):
        cache.get()
    assert endpoint.asked == 2


def test_a_success_ends_a_failure(cache: TokenCache, endpoint: Endpoint):
    endpoint.failure = TokenUnavailable()
    with pytest.raises(TokenUnavailable):
        cache.get()
    endpoint.failure = None
    first = cache.renew()
    cache.drop(first)
    assert cache.get().value == "token-3"


def test_renewing_always_asks(cache: TokenCache, endpoint: Endpoint):
    cache.get()
    assert cache.renew().value == "token-2"
    endpoint.failure = TokenUnavailable()
    for _ in range(2):
        with pytest.raises(TokenUnavailable):
            cache.renew()
    assert endpoint.asked == 4


def test_renewing_drops_the_old_token_even_if_no_other_is_to_be_had(
    cache: TokenCache, endpoint: Endpoint
):
    cache.get()
    endpoint.failure = TokenUnavailable()
    with pytest.raises(TokenUnavailable):
        cache.renew()
    with pytest.raises(TokenUnavailable):
        cache.get()


def test_a_token_is_dropped_only_if_it_is_still_the_one(cache: TokenCache, endpoint: Endpoint):
    first = cache.get()
    cache.drop(first)
    second = cache.get()
    cache.drop(first)
    assert cache.get() is second
    assert endpoint.asked == 2


def test_a_fetch_ends_with_the_callers_deadline(
    cache: TokenCache, clock: Clock, endpoint: Endpoint
):
    cache.get(deadline=clock.now + 3)
    cache.renew()
    assert endpoint.deadlines == [1003.0, 1010.0]


def test_a_failure_for_want_of_time_is_not_shared(
    cache: TokenCache, clock: Clock, endpoint: Endpoint
):
    endpoint.failure = TokenUnavailable()
    with pytest.raises(TokenUnavailable):
        cache.get(deadline=clock.now + 3)
    endpoint.failure = None
    assert cache.get().value == "token-2"


def test_an_error_that_nobody_expected_does_not_block_the_others(
    cache: TokenCache, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cache, "_fetch", lambda deadline: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cache.get()
    monkeypatch.setattr(cache, "_fetch", endpoint)
    assert cache.get().value == "token-1"


@pytest.fixture
def everybody(api: CallApi, monkeypatch: pytest.MonkeyPatch) -> threading.Barrier:
    """Let fifty threads, and the test, wait for each other once all have found no token in memory.

    One that looked for it later would find a token that is too old, or a failure that is.
    """
    barrier = threading.Barrier(51)
    wait_for_turn = api._tokens._wait_for_turn

    def wait_for_all(until: float) -> None:
        barrier.wait(10)
        wait_for_turn(until)

    monkeypatch.setattr(api._tokens, "_wait_for_turn", wait_for_all)
    return barrier


def test_fifty_threads_fetch_one_token(
    api: CallApi, server: ScriptedServer, everybody: threading.Barrier
):
    go_on = threading.Event()

    def slow(connection: Connection) -> None:
        assert go_on.wait(10)
        token(expires_in=1)(connection)

    server.plan("/token", slow)

    def ensure(_: int) -> None:
        api.ensure_token()

    with ThreadPoolExecutor(50) as pool:
        results = pool.map(ensure, range(50))
        everybody.wait(10)
        server.wait_for_requests(1)
        go_on.set()
        list(results)
    assert len(server.requests) == 1


def test_fifty_threads_share_one_failure(
    api: CallApi, server: ScriptedServer, everybody: threading.Barrier
):
    go_on = threading.Event()

    def slow(connection: Connection) -> None:
        assert go_on.wait(10)
        answer(503)(connection)

    server.plan("/token", slow)

    def ensure(_: int) -> int | None:
        with pytest.raises(TokenUnavailable) as caught:
            api.ensure_token()
        return caught.value.http_status

    with ThreadPoolExecutor(50) as pool:
        results = pool.map(ensure, range(50))
        everybody.wait(10)
        server.wait_for_requests(1)
        go_on.set()
        assert list(results) == [503] * 50
    assert len(server.requests) == 1


def test_those_who_waited_use_a_token_of_the_shortest_life(clock: Clock):
    waiting = threading.Event()
    asked: list[float] = []

    def fetch(deadline: float) -> Token:
        asked.append(deadline)
        assert waiting.wait(10)
        clock.now += 5
        return Token("short", fetched_at=clock.now, renew_at=clock.now - 1)

    cache = TokenCache(fetch, patience=10.0, clock=clock)
    real_wait = cache._wait_for_turn
    arrivals: list[float] = []

    def wait_for_turn(until: float) -> None:
        arrivals.append(until)
        if len(arrivals) == 2:
            waiting.set()
        real_wait(until)

    cache._wait_for_turn = wait_for_turn  # type: ignore[method-assign]
    with ThreadPoolExecutor(2) as pool:
        assert [found.value for found in pool.map(lambda _: cache.get(), range(2))] == ["short"] * 2
    assert len(asked) == 1


def test_nobody_waits_beyond_a_deadline_for_another_thread(api: CallApi, server: ScriptedServer):
    go_on = threading.Event()

    def slow(connection: Connection) -> None:
        assert go_on.wait(10)
        token()(connection)

    server.plan("/token", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.ensure_token)
        server.wait_for_requests(1)
        began = time.monotonic()
        with pytest.raises(TokenUnavailable):
            start_call(api, seconds=0.1)
        assert time.monotonic() - began < 2
        go_on.set()
        first.result()
    assert len(server.requests) == 1
