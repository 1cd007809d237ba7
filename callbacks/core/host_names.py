"""International host names, converted as browsers convert them.

The rules are UTS 46 with IDNA 2008, without the transitional rules of 2003. Those rules turned
straße.de into strasse.de, which is another site.
"""

import idna

# RFC 1035: 253 characters as written. A longer text is not worth the library's time.
MAX_LENGTH = 253


def to_ascii(name: str) -> str:
    """Return the host name in lower case and ASCII: xn--strae-oqa.de for straße.de.

    A name that is ASCII already is not checked any further.

    Raises:
        ValueError: it is no host name.
    """
    if len(name) > MAX_LENGTH:
        raise ValueError("a host name of more than 253 characters")
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:  # IDNAError is a subclass
        raise ValueError("not a host name") from None
