"""International host names as browsers read them (UTS 46, with IDNA 2008 and without the
transitional rules of 2003, by which straße.de became strasse.de, another site)."""

import idna

# RFC 1035, 253 characters as they are written; more is not worth the library's time.
MAX_LENGTH = 253


def to_ascii(name: str) -> str:
    """Return the host name in lower case and ASCII: xn--strae-oqa.de for straße.de.

    A name in ASCII is not checked any further. Raises ValueError when it is no host name.
    """
    if len(name) > MAX_LENGTH:
        raise ValueError("a host name of more than 253 characters")
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:  # IDNAError is one
        raise ValueError("not a host name") from None
