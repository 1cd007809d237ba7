"""The page's files: all its own, and allowed nothing else."""

import re
from pathlib import Path

import callbacks.sandbox

STATIC = Path(callbacks.sandbox.__file__).with_name("static")


def test_page_is_served_with_a_strict_policy(client):
    reply = client.send("GET", "/sandbox/")
    assert reply.status == 200
    assert b"no real phone rings" in reply.body
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy


def test_everything_the_page_refers_to_is_served(client):
    page = client.send("GET", "/sandbox/").body.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert {"static/sandbox.css", "static/sandbox.js", "static/icon.svg"} <= set(addresses)
    for address in addresses:
        assert client.send("GET", f"/sandbox/{address}").status == 200


def test_scripts_are_served_as_scripts(client):
    for name, kind in [("sandbox.js", "text/javascript"), ("faults.js", "text/javascript")]:
        assert client.send("GET", f"/sandbox/static/{name}").headers.get_content_type() == kind


def test_nothing_comes_from_anywhere_else():
    for path in STATIC.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:)?//[a-z]", text.replace("// ", "")), path.name


def test_bare_address_leads_to_the_page(client):
    reply = client.send("GET", "/")
    assert (reply.status, reply.headers["Location"]) == (302, "/sandbox/")
