"""Which rule strikes, how often, and which rules are refused."""

import json

import pytest

BAD_FIELDS = [
    ({"at": "webhook"}, "'webhook'"),
    ({"at": None}, "at"),
    ({"fault": "418"}, "'418'"),
    ({"fault": 429}, "429"),
    ({"fault": None}, "fault"),
    ({"colour": "red"}, "'colour'"),
    ({"times": -1}, "times"),
    ({"times": 1.5}, "times"),
    ({"times": True}, "times"),
    ({"probability": 1.1}, "probability"),
    ({"probability": None}, "probability"),
    ({"probability": True}, "probability"),
    ({"seconds": -1}, "seconds"),
    ({"seconds": "1"}, "seconds"),
    ({"seconds": 100_000}, "seconds"),
    ({"retry_after": "tomorrow"}, "retry_after"),
    ({"retry_after": []}, "retry_after"),
    ({"location": "x\r\nSet-Cookie: a=b"}, "location"),
    ({"location": ""}, "location"),
    ({"location": 1}, "location"),
    ({"at": "token", "fault": "expire_tokens"}, "expire_tokens"),
]


def put(client, content):
    body = content if isinstance(content, bytes) else json.dumps(content)
    return client.send("PUT", "/sandbox/faults", body, {"Content-Type": "application/json"})


@pytest.mark.parametrize(("change", "named"), BAD_FIELDS)
def test_bad_field_is_named_and_changes_nothing(client, change, named):
    client.sandbox.faults([{"at": "token", "fault": "503"}])
    before = client.sandbox.request("GET", "/sandbox/faults")
    rule = {"at": "startcall", "fault": "503"}
    reply = put(client, [rule, {**rule, **change}])
    assert (reply.status, reply.json()["error"]) == (400, "bad_rules")
    assert named in reply.json()["message"]
    assert client.sandbox.request("GET", "/sandbox/faults") == before


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"\xff", b"NaN", b"[" * 9000, b"1"),
        *({}, {"rules": None}, {"rules": [1]}),
        *({"rules": [], "sed": 1}, {"rules": [], "seed": "x"}),
        [{"at": "token", "fault": "503"}] * 101,
        b'[{"at":"token","fault":"503","seconds":NaN}]',
    ],
)
def test_bad_shape_is_refused(client, content):
    assert put(client, content).status == 400


def test_too_long_body_is_refused(client):
    assert put(client, b" " * 16_385).status == 413


def test_rules_come_back_as_they_may_be_put_again(client):
    rule = {
        "at": "startcall",
        "fault": "302",
        "times": 3,
        "probability": 0.5,
        "seconds": 1.5,
        "retry_after": "http-date",
        "location": "/x",
    }
    reply = put(client, {"seed": 4, "rules": [rule]})
    assert reply.status == 200
    assert reply.json() == {"seed": 4, "rules": [rule], "used": [0]}
    assert client.send("GET", "/sandbox/faults").json() == reply.json()


def test_times_count_down_then_requests_pass(client):
    assert put(client, [{"at": "startcall", "fault": "503", "times": 2}]).status == 200
    assert [client.call().status for _ in range(4)] == [503, 503, 200, 200]
    state = client.send("GET", "/sandbox/faults").json()
    assert (state["rules"][0]["times"], state["used"]) == (0, [2])


def test_rules_are_tried_in_order(client):
    client.sandbox.faults(
        [
            {"at": "startcall", "fault": "429", "times": 1},
            {"at": "token", "fault": "401", "times": 1},
            {"at": "startcall", "fault": "503", "times": 1},
        ]
    )
    assert client.ask_token().status == 401
    assert [client.call().status for _ in range(3)] == [429, 503, 200]


def test_latency_goes_on_to_the_next_rule(client):
    client.sandbox.faults(
        [
            {"at": "startcall", "fault": "latency", "seconds": 0, "times": 1},
            {"at": "startcall", "fault": "503", "times": 1},
        ]
    )
    assert [client.call().status for _ in range(2)] == [503, 200]
    assert client.send("GET", "/sandbox/faults").json()["used"] == [1, 1]


def test_refused_request_does_not_use_up_a_fault_that_comes_after_the_call(client):
    client.sandbox.faults([{"at": "startcall", "fault": "500_after", "times": 1}])
    assert client.call(Authorization="Bearer old").status == 401
    assert [client.call().status for _ in range(2)] == [500, 200]


def test_token_forgotten_by_one_rule_is_refused_before_the_next_can_ring(client):
    client.sandbox.faults(
        [
            {"at": "startcall", "fault": "expire_tokens", "times": 1},
            {"at": "startcall", "fault": "500_after", "times": 1},
        ]
    )
    client.token()
    assert client.call().status == 401
    assert client.send("GET", "/sandbox/faults").json()["used"] == [1, 0]
    assert client.sandbox.calls() == []


def test_probability_is_repeatable_with_a_seed(client):
    def outcomes(seed):
        client.sandbox.faults([{"at": "startcall", "fault": "503", "probability": 0.5}], seed=seed)
        return [client.call().status for _ in range(40)]

    first = outcomes(7)
    assert set(first) == {200, 503}
    assert outcomes(7) == first
    assert outcomes(8) != first


@pytest.mark.parametrize(("probability", "status"), [(0, 200), (1, 503)])
def test_probability_at_its_ends(client, probability, status):
    client.sandbox.faults([{"at": "startcall", "fault": "503", "probability": probability}])
    assert {client.call().status for _ in range(20)} == {status}


def test_delete_switches_all_off(client):
    client.sandbox.faults([{"at": "startcall", "fault": "503"}])
    assert client.send("DELETE", "/sandbox/faults").status == 200
    assert client.call().status == 200
