"""Can a host be resolved, connected to, and trusted? Sends nothing over the connection."""

import os
import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address

from django.utils.translation import gettext as _
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from callbacks.call_api.diagnosis.finding import Finding, right, wrong
from callbacks.call_api.diagnosis.origin import Origin
from callbacks.call_api.transport import trusted

# What OpenSSL calls X509_V_ERR_*, in its x509_vfy.h.
NOT_YET_VALID = 9
EXPIRED = 10
WRONG_NAMES = (62, 64)
SELF_SIGNED = (18, 19)
UNKNOWN_AUTHORITY = (2, 20, 21)


def reach(origin: Origin, seconds: float) -> Iterator[Finding]:
    """Yields a "name" finding and, if the name resolves, a "tls" finding.

    ``seconds`` is the time for each address of the host.
    """
    try:
        socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        sentence = _(
            "The name %(host)s cannot be resolved: check its spelling and this machine's DNS."
        )
        yield wrong("name", sentence, host=origin.host)
        return
    yield right("name", _("The name %(host)s resolves."), host=origin.host)
    yield _secure(origin, seconds) if origin.scheme == "https" else _plain(origin, seconds)


def _plain(origin: Origin, seconds: float) -> Finding:
    try:
        socket.create_connection((origin.host, origin.port), seconds).close()
    except OSError as error:
        return _no_connection(origin, error)
    if _is_loopback(origin.host):
        return right("tls", _("%(host)s is this machine: no TLS is needed."), host=origin.host)
    sentence = _(
        "%(host)s is reached without TLS, so that secrets and numbers can be read on the way: "
        "use an https address."
    )
    return wrong("tls", sentence, host=origin.host)


def _secure(origin: Origin, seconds: float) -> Finding:
    try:
        context = _context()
    except OSError:
        sentence = _(
            "The certificate authorities cannot be read from %(path)s: check REQUESTS_CA_BUNDLE "
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
            "%(host)s, port %(port)s, does not speak TLS as it should (%(reason)s): check the "
            "address, and what stands between."
        )
        return wrong("tls", sentence, host=origin.host, port=origin.port, reason=error.reason)
    except OSError as error:
        return _no_connection(origin, error)


def _context() -> ssl.SSLContext:
    bundle = trusted()
    path = DEFAULT_CA_BUNDLE_PATH if bundle is True else str(bundle)
    if os.path.isdir(path):
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


def _no_connection(origin: Origin, error: OSError) -> Finding:
    sentence = _(
        "No connection to %(host)s, port %(port)s (%(reason)s): check the address, and that a "
        "firewall lets this machine out."
    )
    reason = error.strerror or type(error).__name__
    return wrong("tls", sentence, host=origin.host, port=origin.port, reason=reason)


def _bad_certificate(code: int) -> str:
    if code == EXPIRED:
        return _(
            "The certificate of %(host)s has expired: check this machine's date; if that is "
            "right, tell the service's operator."
        )
    if code == NOT_YET_VALID:
        return _("The certificate of %(host)s is not valid yet: check this machine's date.")
    if code in WRONG_NAMES:
        return _("The certificate is not for %(host)s: check the address, and what stands between.")
    if code in SELF_SIGNED:
        return _(
            "The certificate of %(host)s is self-signed. If it is meant to be, name the file that "
            "holds it in REQUESTS_CA_BUNDLE; if not, somebody stands between."
        )
    if code in UNKNOWN_AUTHORITY:
        return _(
            "The certificate of %(host)s is from an authority that is not known here: name the "
            "file that holds that authority in REQUESTS_CA_BUNDLE."
        )
    return _("The certificate of %(host)s is not accepted (%(reason)s): tell its operator.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
