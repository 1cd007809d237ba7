"""Text from outside takes time in proportion to its length, whatever stands in it.

Every regular expression of the project is listed here, and so is every function that outside text
reaches: an expression that is not in the list fails the test.
"""

import ast
import json
import logging
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve
from structlog.stdlib import ProcessorFormatter

from callback_site.logging import log_settings
from callbacks.abuse import block_keys, ip_rate_limit, proof_of_work
from callbacks.accounts import two_factor
from callbacks.call_api import redaction as excerpts
from callbacks.call_api import tokens
from callbacks.call_api.retry_after import retry_after
from callbacks.call_outcomes import report
from callbacks.call_outcomes import store as outcomes_store
from callbacks.contact import (
    company_numbers,
    email_addresses,
    email_typos,
    fallback_contact,
    number_display,
    phone_numbers,
)
from callbacks.core import clock, host_names, origins, redaction, storable
from callbacks.core.one_line import single_line
from callbacks.hours import hours_syntax
from callbacks.hours.hours_reader import Reader
from callbacks.intake import extra_form_fields, form_token
from callbacks.models import CallRequest, Widget, extra_fields, topic
from callbacks.public.form import identity, visit_source
from callbacks.public.http import language, same_site
from callbacks.public.status import sender
from callbacks.staff.block_list import block_lines
from callbacks.staff.requests import carry_out
from callbacks.staff.requests.export import rows as export_rows
from callbacks.staff.requests.list_page import carried_filters, filters, last_digits, search
from callbacks.staff.widgets import preview
from callbacks.staff.widgets.hours import reading
from callbacks.webhooks import endpoints
from callbacks.widgets import colours

ROOT = Path(__file__).resolve().parents[2]
SHORT, LONG = 1_000, 16_000
# Sixteen times the text may take sixteen times as long, and a busy machine's more. The square
# would be 256 times.
MOST = 80
# Below this, a machine's noise is all that is measured, in seconds: 16,000 characters that take
# no longer hurt nobody, and the square of what takes 1,000 that little is seen above it.
NOISE = 0.004

# What each file has of regular expressions, and why they are safe. "tried": by a function below.
# The others never meet text from outside.
EXPRESSIONS = {
    "callback_site/settings.py": (3, "whole words of a path"),
    "callback_site/environment.py": (1, "the operator's settings"),
    "callback_site/postgresql/base.py": (1, "our own statements"),
    "callbacks/abuse/block_keys.py": (2, "tried"),
    "callbacks/call_api/redaction.py": (1, "tried"),
    "callbacks/operations/backup.py": (1, "names of files in the operator's own folder"),
    "callbacks/call_outcomes/report.py": (2, "tried"),
    "callbacks/call_outcomes/store.py": (1, "tried"),
    "callbacks/call_api/tokens.py": (1, "tried"),
    "callbacks/staff/requests/carry_out.py": (1, "tried"),
    "callbacks/staff/requests/export/rows.py": (1, "tried"),
    "callbacks/staff/requests/list_page/filters.py": (1, "tried"),
    "callbacks/staff/widgets/hours/reading.py": (1, "tried"),
    "callbacks/staff/widgets/preview.py": (1, "tried"),
    "callbacks/staff/requests/list_page/last_digits.py": (1, "tried"),
    "callbacks/staff/requests/list_page/search.py": (4, "tried"),
    "callbacks/staff/widgets/widget_admin.py": (1, "tried"),
    "callbacks/models/widget.py": (2, "tried"),
    "callbacks/models/extra_fields.py": (2, "tried"),
    "callbacks/models/topic.py": (1, "tried"),
    "callbacks/contact/email_addresses.py": (1, "tried"),
    "callbacks/contact/french_plan.py": (2, "tried, by the numbers"),
    "callbacks/core/redaction.py": (3, "tried"),
    "callbacks/core/storable.py": (1, "tried"),
    "callbacks/hours/tokens.py": (1, "tried"),
    "callbacks/core/queries.py": (3, "our own statements"),
    "callbacks/contact/phone_numbers.py": (6, "tried"),
    "callbacks/contact/typed_number.py": (3, "tried, by the numbers"),
    "callbacks/operations/lock_holders.py": (1, "lines of the kernel"),
    "callbacks/operations/process.py": (1, "lines of our own processes"),
    "callbacks/core/origins.py": (6, "tried"),
    "callbacks/contact/company_numbers.py": (1, "tried"),
    "callbacks/abuse/ip_rate_limit.py": (1, "tried"),
    "callbacks/public/form/visit_source.py": (2, "tried"),
    "callbacks/widgets/colours.py": (1, "tried"),
    "callbacks/widgets/loader.py": (1, "our own scripts"),
    "callbacks/webhooks/endpoints.py": (1, "tried"),
    "callbacks/public/form/identity.py": (1, "tried"),
    "callbacks/sandbox/destination.py": (3, "the sandbox, on loopback"),
    "callbacks/sandbox/fault_rules.py": (1, "the sandbox, on loopback"),
    "callbacks/sandbox/reading.py": (1, "the sandbox, on loopback"),
    "callbacks/accounts/two_factor.py": (3, "tried"),
}


# Beside `re`: what of Django takes an expression or has one of its own.
BY_NAME = {"RegexValidator", "RegexField", "EmailValidator", "URLValidator", "re_path"}
SETTINGS = {"SECURE_REDIRECT_EXEMPT", "DISALLOWED_USER_AGENTS", "IGNORABLE_404_URLS"}
# Those of the scripts, in the visitor's own browser.
OF_SCRIPTS = {
    "static/embed/frame.js": [r"/\/r\/([^/]+)/"],
    "static/embed/loader.js": ["/^utm_[a-z_]+=/"],
    "static/public/form.js": [r"/ \(UTC[^)]*\)/"],
    "static/public/proof.js": ["/../g"],
}
_LITERAL = re.compile(
    r"(?<=[=(,:!&|?{;>])\s*(/(?![*/])(?:\\.|\[[^\]\n]*\]|[^/\n\\])+/[a-z]*)(?=[.,;)])"
)


def _expressions(file: Path) -> int:
    """Return how many regular expressions the file hands to `re` or to Django."""
    count = 0
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name)):
                count += name != "escape"
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in BY_NAME:
                count += 1
            case ast.keyword(arg=str(name)) if name.endswith(("__regex", "__iregex")):
                count += 1
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=several)):
                count += len(several) if name in SETTINGS else 0
            case ast.ImportFrom(module="re" | "regex") | ast.alias(name="regex"):
                raise AssertionError(f"{file}: write re.…, so that it is counted")
            case ast.alias(name="re", asname=str()):
                raise AssertionError(f"{file}: write re.…, so that it is counted")
    return count


@pytest.mark.long
def test_each_regular_expression_is_listed() -> None:
    found: Counter[str] = Counter()
    for folder in ("callbacks", "callback_site"):
        for file in (ROOT / folder).rglob("*.py"):
            if "migrations" not in file.parts and (count := _expressions(file)):
                found[str(file.relative_to(ROOT))] = count
    assert dict(found) == {name: count for name, (count, _why) in EXPRESSIONS.items()}


def test_each_regular_expression_of_a_script_is_listed() -> None:
    found = {
        str(file.relative_to(ROOT)): _LITERAL.findall(file.read_text())
        for file in (ROOT / "static").rglob("*.js")
        if "kept" not in file.parts
    }
    assert {name: there for name, there in found.items() if there} == OF_SCRIPTS
    texts = [file.read_text() for file in (ROOT / "static").rglob("*.js")]
    assert not any("RegExp(" in text for text in texts)


def _address(text: str) -> None:
    call_request = RequestFactory().get("/", headers={"x-forwarded-for": text})
    ip_rate_limit.client_address(call_request)


def _language(text: str) -> None:
    language.of_visitor(RequestFactory().get("/", headers={"accept-language": text}))


def _webhook_address(text: str) -> None:
    for address in (text, f"https://{text}", f"https://crm.example/{text}"):
        with suppress(ValidationError):
            endpoints.check_address(address)


def _origin(text: str) -> None:
    with suppress(ValidationError):
        origins.normalised(text)
    with suppress(ValidationError):
        origins.normalised(f"https://{text}")
    with suppress(ValidationError):
        origins.why_not(["https://shop.example"], text)


def _contact(text: str) -> None:
    for typed in (text, f"https://example.fr/{text}", f"{text}@example.fr"):
        with suppress(ValidationError):
            fallback_contact.normalised(typed, ["FR"])
    with suppress(ValidationError):
        company_numbers.calling(text, ["FR"])


def _block(text: str) -> None:
    for kind in ("number", "prefix", "domain", "address"):
        with suppress(ValidationError):
            block_keys.normalised(kind, text)


def _import(text: str) -> None:
    """What reads a line, without the database."""
    for line, separator in block_lines._written(text):
        with suppress(ValidationError):
            cells = block_lines._cells(line.text, separator)
            block_lines._heading(cells)
            block_lines._fill(line, block_lines._named(cells, block_lines.COLUMNS), clock.now())


def _colour(text: str) -> None:
    with suppress(ValueError):
        colours.palette(text)


def _hours(text: str) -> None:
    """What reads opening hours, also without the limit on their length."""
    for read in (hours_syntax.check, lambda long: Reader(long).hours()):
        with suppress(ValidationError):
            read(text)


def _number(text: str) -> None:
    with suppress(phone_numbers.NumberRefused):
        phone_numbers.parse(text)
    phone_numbers.search_forms(text, ("FR",))
    number_display.masked(text)


def _email(text: str) -> None:
    with suppress(email_addresses.EmailRefused):
        email_addresses.clean(text)
    email_addresses.masked(text)


def _search(text: str) -> None:
    for pattern in (
        search._BY_PUBLIC_ID,
        search._BY_TOKEN,
        search._BY_REFERENCE,
        search._BY_REQUESTS,
    ):
        pattern.fullmatch(search._cleaned(text, search.MAX_REFERENCE))
    last_digits.read(text, None)


def _seen(text: str) -> None:
    with suppress(ValueError):
        carry_out.Seen.read(text)


def _claim(text: str) -> None:
    widget = Widget(identity_secret="a secret of the site's")
    for expires in (text, "1"):
        with suppress(identity.Refused):
            identity.check(identity.Claim(text, text, expires, text), widget, clock.now())


def _form_token(text: str) -> None:
    with suppress(form_token.InvalidToken):
        form_token.opened(text, Widget(), "text")
    form_token.nonce_of(text, Widget())


def _key(text: str) -> None:
    sender.key_of(RequestFactory().post("/", {sender.FIELD: text}), CallRequest())


def _same_site(text: str) -> None:
    same_site.is_own(RequestFactory().post("/", headers={"origin": f"https://{text}"}))


def _host(text: str) -> None:
    with suppress(ValueError):
        host_names.to_ascii(text)


def _single_line(text: str) -> None:
    with suppress(ValidationError):
        single_line(text)


def _widget_colour(text: str) -> None:
    with suppress(ValidationError):
        Widget._meta.get_field("accent_colour").run_validators(text)


def _widget_id(text: str) -> None:
    with suppress(ValidationError):
        Widget._meta.get_field("public_id").run_validators(text)


def _storable(text: str) -> None:
    with suppress(ValidationError):
        storable.check(text)


def _answer(text: str) -> None:
    with suppress(ValidationError):
        extra_form_fields.TextAnswer(error_messages={"line": "on one line"}).clean(text)


def _route(text: str) -> None:
    with suppress(Resolver404):
        resolve(f"/admin/callbacks/widget/preview/{text}.css")


TRIED: dict[str, Callable[[str], object]] = {
    "scrub": redaction.scrub,
    "what is logged": redaction.scrubbed_and_cut,
    "what staff are shown": lambda text: redaction.masked_text(
        text, number="+33612345678", email="jo@example.fr"
    ),
    "what staff wrote": redaction.masked_note,
    "what the service says": lambda text: excerpts.excerpt(
        text.encode(errors="replace"), secrets=["a secret of ours"], number="+33612345678"
    ),
    "number": _number,
    "email": _email,
    "page": lambda text: visit_source.read(
        {"page_url": f"https://a.fr/?{text}", "referrer": text}, ["gclid"]
    ),
    "title": lambda text: visit_source.read({"page_title": text}, []),
    "client address": _address,
    "language": _language,
    "origin": _origin,
    "webhook address": _webhook_address,
    "contact of a company": _contact,
    "block": _block,
    "import into the block list": _import,
    "colour": _colour,
    "answer to an additional field": _answer,
    "name of a topic": topic._KEY.match,
    "name of an additional field": extra_fields._KEY.match,
    "value of a choice": extra_fields._VALUE.match,
    "opening hours": _hours,
    "expiry": identity._SECONDS.match,
    "search": _search,
    "seen": _seen,
    "hour of the week": filters.SlotFilter._PATTERN.fullmatch,
    "colour of a preview": preview._COLOUR.fullmatch,
    "time of day of a widget": reading._CLOCK.fullmatch,
    "name of special days": reading._clean,
    "second step": two_factor._bare,
    "cell": export_rows.neutral,
    "claim of a site": _claim,
    "form token": _form_token,
    "proof of work": lambda text: proof_of_work.is_right(text, text),
    "key of whoever sent the form": _key,
    "sent from our own pages": _same_site,
    "host name": _host,
    "mistyped domain": lambda text: email_typos.meant_domain(f"jo@{text}"),
    "text of one line": _single_line,
    "colour of a widget": _widget_colour,
    "public ID of a widget": _widget_id,
    "text to store": _storable,
    "route": _route,
    "filters of a list": carried_filters.cleaned,
    "day": filters.a_day,
    "report of a call": lambda text: report.read(
        json.dumps({"unique_id": text, "status": text, "metadata": {"ANI": text}}).encode()
    ),
    "public IDs in a report": outcomes_store._PUBLIC_ID.findall,
    "retry after": lambda text: retry_after({"Retry-After": text}),
    "life of a token": tokens._SECONDS.fullmatch,
}

# Each is repeated up to the length, some with an end that makes the whole no match after all.
HOSTILE = [
    ("a", ""),
    ("a", "@"),
    ("@", ""),
    ("a@", "!"),
    ("a.", "@"),
    ("x@a.", "\0"),
    (".", "@a"),
    ("=", "@"),
    ("1", ""),
    ("1 ", "x"),
    ("+", "1"),
    ("+1", " "),
    ("06 12 34 56 7", ""),
    (" ", "x"),
    ("\t\n", ""),
    ("bearer ", ""),
    ("bearer", " " * 900),
    ("eyJ", "."),
    ("eyJa.", ""),
    ("/r/", ""),
    ("/password-reset/a", ""),
    ("/invitation/a", ""),
    ("[", "]"),
    (":1", "x"),
    ("a-", "."),
    ("https://a/r/", "!"),
    ("number:1,", ""),
    ("utm_a=1&", ""),
    ("%20", ""),
    (",", ""),
    ("fr;q=0.1,", ""),
    ("\u0301", ""),
    ("ext", "1"),
    ("é", "."),
    ("0;", ""),
    ("; ", "="),
    ("%2525", "40"),
    ('"', ""),
    ('a"', ";"),
    ("1\n", ""),
    ("24/7;", "x"),
    ("Mo,", "x"),
    ("Dec 24 off;", "x"),
    ('Dec 24 off "a', ""),
    ("9:00-8:00,", ""),
]


def _seconds(function: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    function(text)
    return time.process_time() - began


@pytest.mark.thorough
@pytest.mark.parametrize("name", TRIED)
def test_sixteen_times_the_text_takes_at_most_eighty_times_as_long(name: str) -> None:
    with clock.set_to(datetime(2026, 3, 3, tzinfo=UTC)):  # asks nothing
        _take_linear_time(TRIED[name])


def _take_linear_time(function: Callable[[str], object]) -> None:
    for piece, end in HOSTILE:
        short, long = ((piece * length)[: length - len(end)] + end for length in (SHORT, LONG))
        function(short)  # what is done once and remembered is done
        # The quickest of some: what is beside it on this machine only makes it slower.
        for _ in range(10):
            base = min(_seconds(function, short) for _ in range(3))
            taken = _seconds(function, long)
            if taken <= max(MOST * base, NOISE):
                break
        else:
            pytest.fail(f"{piece!r}…{end[:3]!r} took {base:.5f} s, then {taken:.5f} s")


def test_a_host_of_eight_thousand_letters_costs_next_to_nothing() -> None:
    client = Client()

    def ask(host: str) -> None:
        assert client.get("/", headers={"host": host}).status_code == 400

    ask("x" * 100)
    assert min(_seconds(ask, "a" * 8000) for _ in range(5)) < 0.2


def test_what_is_logged_is_cut_and_hidden_first() -> None:
    """Through the logging of the site, as text, as an argument and inside of other values."""
    config = log_settings(debug=False)["formatters"]["events"]
    formatter = ProcessorFormatter(
        processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
    )
    secret = "jo.secret@example.fr and +33 6 12 34 56 78"
    long = f"{secret} {'a' * 100_000} {secret}"

    def line(message: object, *arguments: object) -> str:
        record = logging.LogRecord("site", logging.INFO, "", 0, message, arguments, None)
        return formatter.format(record)

    def event(value: object) -> str:
        told = {"event": "x", "a": value}
        record = logging.LogRecord("site", logging.INFO, "", 0, told, (), None)
        record._logger, record._name, record._from_structlog = None, "info", True
        return formatter.format(record)

    nested = [[long], (long,), {"b": long}, {long}, ValueError(long), Path(long)]
    for said in (line(long), line("%s", long), *map(event, [long, *nested])):
        assert "secret" not in said
        assert "34 56" not in said
        assert len(said) < 2 * (redaction.LOGGED_HEAD + redaction.LOGGED_TAIL)
    assert '"a": 3' in event(3)


@pytest.mark.long
def test_what_is_cut_leaves_no_half_of_an_email_or_a_number() -> None:
    for offset in range(60):
        for secret in ("jo.secret@example.fr", "+33 6 12 34 56 78"):
            text = "x" * (redaction.LOGGED_HEAD - offset) + f" {secret} "
            said = redaction.scrubbed_and_cut(text + "y" * 30_000)
            assert "secret" not in said
            assert "34 56" not in said
            text = f" {secret} " + "x" * (redaction.LOGGED_TAIL - offset)
            said = redaction.scrubbed_and_cut("y " * 30_000 + text)
            assert "secret" not in said
            assert "34 56" not in said
    assert len(said) < redaction.LOGGED_HEAD + redaction.LOGGED_TAIL + 50


@pytest.mark.parametrize(
    "text",
    [
        "/?utm_content=jo.secret%40example.fr",
        "/?utm_content=jo.secret%2540example.fr&a=%20",
        "/?utm_content=%2B33612345678",
        "/?utm_content=06%2012%2034%2056%2078",
        "/?a=%6Ao.secret%40ex%61mple.fr",
    ],
)
def test_what_is_percent_encoded_is_hidden_as_well(text: str) -> None:
    for said in (redaction.scrub(text), redaction.masked_text(text, number="+33712345678")):
        for decoded in (said, unquote(said), unquote(unquote(said))):
            assert "secret" not in decoded
            assert "12345678" not in decoded.replace(" ", "")
    own = redaction.masked_text(text, number="+33612345678", email="jo.secret@example.fr")
    assert redaction.HIDDEN in own


def test_what_hides_nothing_stays_encoded() -> None:
    assert redaction.scrub("/?utm_content=%C3%A9t%C3%A9") == "/?utm_content=%C3%A9t%C3%A9"
