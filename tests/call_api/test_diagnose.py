"""What is right and wrong with the connection to the service, in sentences."""

import dataclasses
from collections.abc import Iterator
from email.utils import formatdate
from time import time

import pytest
from django.utils import translation

from callbacks.call_api import Config
from callbacks.call_api.diagnosis import reach
from callbacks.call_api.diagnosis.diagnose import diagnose
from callbacks.call_api.diagnosis.finding import Finding
from tests.support.call_service.scripted import CERTS, ScriptedServer, answer, sends, token
from tests.support.call_service.start import SECRET, TOKEN
from tests.support.servers import free_port


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def secured() -> Iterator[dict[str, ScriptedServer]]:
    """A server for each certificate."""
    servers = {name: ScriptedServer(name) for name in ("valid", "wrong-host", "expired")}
    yield servers
    for server in servers.values():
        server.stop()


def found(findings: list[Finding], name: str) -> Finding:
    [finding] = [finding for finding in findings if finding.name == name]
    return finding


def at(config: Config, url: str) -> Config:
    return dataclasses.replace(config, token_url=f"{url}/token", call_url=f"{url}/startcall")


def now(seconds: float = 0) -> dict[str, str]:
    return {"Date": formatdate(time() + seconds, usegmt=True)}


def test_all_is_well(config: Config, server: ScriptedServer):
    server.plan("/token", answer(200, {"access_token": TOKEN, "expires_in": 120}, now()))
    findings = diagnose(config)
    assert [finding.name for finding in findings] == [
        "name",
        "tls",
        "credentials",
        "clock",
        "answer",
    ]
    assert all(finding.ok for finding in findings)
    assert found(findings, "answer").sentence == "Access token received, valid for 120 seconds."


def test_a_diagnosis_places_no_call_and_shows_no_secret(config: Config, server: ScriptedServer):
    findings = diagnose(config)
    assert server.requests_for("/startcall") == []
    assert SECRET not in repr(findings)
    assert TOKEN not in repr(findings)


def test_both_hosts_are_looked_at(config: Config):
    other = dataclasses.replace(config, call_url=f"http://127.0.0.1:{free_port()}/startcall")
    findings = diagnose(other)
    assert [finding.name for finding in findings[:4]] == ["name", "tls", "name", "tls"]
    assert [finding.ok for finding in findings[:4]] == [True, True, True, False]
    assert found(findings, "credentials").ok


def test_a_name_that_does_not_resolve(config: Config):
    [finding] = diagnose(at(config, "https://does-not-exist.invalid"))
    assert (finding.name, finding.ok) == ("name", False)
    assert "does-not-exist.invalid cannot be resolved" in finding.sentence


def test_a_closed_port(config: Config):
    for scheme in ("http", "https"):
        port = free_port()
        findings = diagnose(at(config, f"{scheme}://127.0.0.1:{port}"))
        assert not found(findings, "tls").ok
        assert f"Cannot connect to 127.0.0.1, port {port} (Connection refused)" in (
            found(findings, "tls").sentence
        )
        assert len(findings) == 2


def test_a_trusted_certificate(
    config: Config, secured: dict[str, ScriptedServer], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTS / "valid.pem"))
    secured["valid"].plan("/token", token())
    findings = diagnose(at(config, secured["valid"].url("", "localhost")))
    assert all(finding.ok for finding in findings)
    assert found(findings, "tls").sentence == "localhost has a valid certificate."


@pytest.mark.parametrize(
    ("certificate", "trusted", "words"),
    [
        ("valid", False, "is self-signed"),
        ("expired", True, "has expired. Check"),
        ("wrong-host", True, "was not issued for 127.0.0.1"),
    ],
)
def test_a_bad_certificate(
    config: Config,
    secured: dict[str, ScriptedServer],
    monkeypatch: pytest.MonkeyPatch,
    certificate: str,
    trusted: bool,
    words: str,
):
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTS / f"{certificate}.pem"))
    findings = diagnose(at(config, secured[certificate].url("")))
    assert not found(findings, "tls").ok
    assert words in found(findings, "tls").sentence
    assert len(findings) == 2
    assert secured[certificate].requests == []


def test_authorities_that_cannot_be_read(config: Config, monkeypatch: pytest.MonkeyPatch):
    for path in ("/nowhere/authorities.pem", str(CERTS / "README.md")):
        monkeypatch.setenv("SSL_CERT_FILE", path)
        finding = found(diagnose(at(config, "https://127.0.0.1:9")), "tls")
        assert not finding.ok
        assert f"cannot be read from {path}" in finding.sentence


def test_a_host_that_does_not_speak_tls(config: Config):
    mail = ScriptedServer(greeting=b"220 mail.example.org ESMTP\r\n")
    try:
        finding = found(diagnose(at(config, f"https://127.0.0.1:{mail.port}")), "tls")
    finally:
        mail.stop()
    assert not finding.ok
    assert "The TLS connection to" in finding.sentence


def test_a_host_elsewhere_without_tls(
    config: Config, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reach, "_is_loopback", lambda host: False)
    findings = diagnose(config)
    assert "without TLS" in found(findings, "tls").sentence
    assert not found(findings, "tls").ok
    assert server.requests_for("/token") == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "refuses the client ID or secret"),
        (401, "refuses the client ID or secret"),
        (302, "Check UHLIVE_TOKEN_URL"),
        (403, "Check UHLIVE_TOKEN_URL"),
        (404, "Check UHLIVE_TOKEN_URL"),
        (429, "sign-in is unavailable"),
        (503, "sign-in is unavailable"),
    ],
)
def test_no_token(config: Config, server: ScriptedServer, status: int, words: str):
    server.plan("/token", answer(status, headers=now()))
    findings = diagnose(config)
    finding = found(findings, "credentials")
    assert not finding.ok
    assert words in finding.sentence
    assert str(status) in finding.sentence
    assert found(findings, "clock").ok
    assert len(findings) == 4


def test_no_answer(config: Config, server: ScriptedServer):
    server.plan("/token", sends(b""))
    finding = diagnose(config)[-1]
    assert (finding.name, finding.ok) == ("credentials", False)
    assert "did not answer (connection_lost)" in finding.sentence


@pytest.mark.parametrize("seconds", [-90, 90])
def test_a_wrong_clock(config: Config, server: ScriptedServer, seconds: int):
    server.plan("/token", answer(200, {"access_token": "a"}, now(seconds)))
    finding = found(diagnose(config), "clock")
    assert not finding.ok
    assert "differs" in finding.sentence


@pytest.mark.parametrize("headers", [{}, {"Date": "today"}])
def test_a_service_that_tells_no_time(
    config: Config, server: ScriptedServer, headers: dict[str, str]
):
    server.plan("/token", answer(200, {"access_token": "a"}, headers))
    finding = found(diagnose(config), "clock")
    assert finding.ok
    assert "the clocks were not compared" in finding.sentence


def test_an_answer_without_a_token(config: Config, server: ScriptedServer):
    server.plan("/token", answer(200, "<html>Sign in</html>", now()))
    finding = found(diagnose(config), "answer")
    assert not finding.ok
    assert "no valid access token" in finding.sentence
