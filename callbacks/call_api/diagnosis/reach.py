"""Can a host be resolved, reached and trusted? Nothing is sent over the connection."""

import os
import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address

from django.utils.translation import gettext as _
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from callbacks.call_api.addresses import trusted
from callbacks.call_api.diagnosis.finding import Finding, right, wrong
from callbacks.call_api.diagnosis.origin import Origin

# The codes that OpenSSL calls X509_V_ERR_* in its header x509_vfy.h.
NOT_YET_VALID = 9
EXPIRED = 10
WRONG_NAMES = (62, 64)
SELF_SIGNED = (18, 19)
UNKNOWN_AUTHORITY = (2, 20, 21)


def reach(origin: Origin, seconds: float) -> Iterator[Finding]:
    """Yield a "name" finding and, if the name resolves, a "tls" finding.

    `seconds` is the time allowed for each address of the host.
    """
    try:
        socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        sentence = _(
            "The name %(host)s cannot be resolved. Check its spelling and this machine's DNS."
        )
        yield wrong("name", sentence, host=origin.host)
        return
    yield right("name", _("The name %(host)s resolves."), host=origin.host)
    yield _secure(origin, seconds) if origin.scheme == "https" else _plain(origin, seconds)


def _plain(origin: Origin, seconds: float) -> Finding:
    """Return the finding about an http address. Only this machine may be reached without TLS."""
    try:
        socket.create_connection((origin.host, origin.port), seconds).close()
    except OSError as error:
        return _no_connection(origin, error)
    if _is_loopback(origin.host):
        return right("tls", _("%(host)s is this machine: TLS is not needed."), host=origin.host)
    sentence = _(
        "%(host)s is reached without TLS: secrets and phone numbers can be read on the way. Use "
        "an https address."
    )
    return wrong("tls", sentence, host=origin.host)


def _secure(origin: Origin, seconds: float) -> Finding:
    """Return the finding about an https address: connection, TLS and certificate."""
    try:
        context = _context()
    except OSError:
        sentence = _(
            "The certificate authorities cannot be read from %(path)s. Check REQUESTS_CA_BUNDLE "
            "and SSL_CERT_FILE."
        )
        return wrong("tls", sentence, path=trusted())
    try:
        with (
            socket.create_connection((origin.host, origin.port), seconds) as plain,
            context.wrap_socket(plain, server_hostname=origin.host),
        ):
            return right("tls", _("%(host)s has a valid certificate."), host=origin.host)
    except ssl.SSLCertVerificationError as error:
        sentence = _bad_certificate(error.verify_code)
        return wrong("tls", sentence, host=origin.host, reason=error.verify_message)
    except ssl.SSLError as error:
        sentence = _(
            "The TLS connection to %(host)s, port %(port)s, failed (%(reason)s). Check the "
            "address and any proxy or firewall in between."
        )
        return wrong("tls", sentence, host=origin.host, port=origin.port, reason=error.reason)
    except OSError as error:
        return _no_connection(origin, error)


def _context() -> ssl.SSLContext:
    """Return a TLS context with the same authorities as for calls."""
    bundle = trusted()
    path = DEFAULT_CA_BUNDLE_PATH if bundle is True else str(bundle)
    if os.path.isdir(path):
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


def _no_connection(origin: Origin, error: OSError) -> Finding:
    """Return the finding that no connection could be made."""
    sentence = _(
        "Cannot connect to %(host)s, port %(port)s (%(reason)s). Check the address, and that no "
        "firewall blocks this connection."
    )
    reason = error.strerror or type(error).__name__
    return wrong("tls", sentence, host=origin.host, port=origin.port, reason=reason)


def _bad_certificate(code: int) -> str:
    """Return the sentence about a certificate refused with this OpenSSL code."""
    if code == EXPIRED:
        return _(
            "The certificate of %(host)s has expired. Check this machine's date. If it is right, "
            "contact your uh!live account manager."
        )
    if code == NOT_YET_VALID:
        return _("The certificate of %(host)s is not valid yet. Check this machine's date.")
    if code in WRONG_NAMES:
        return _(
            "The certificate was not issued for %(host)s. Check the address and any proxy or "
            "firewall in between."
        )
    if code in SELF_SIGNED:
        return _(
            "The certificate of %(host)s is self-signed. If this is intended, set "
            "REQUESTS_CA_BUNDLE to the file that contains it. If not, somebody may be "
            "intercepting the connection."
        )
    if code in UNKNOWN_AUTHORITY:
        return _(
            "The certificate of %(host)s was issued by an unknown authority. Set "
            "REQUESTS_CA_BUNDLE to the file that contains this authority's certificate."
        )
    return _(
        "The certificate of %(host)s is not accepted (%(reason)s). Contact your uh!live "
        "account manager."
    )


def _is_loopback(host: str) -> bool:
    """Return whether `host` is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
