"""Email domains that look like a typing mistake: gmial.com for gmail.com.

The result is only a note for the visitor. Only the visitor knows whether the address is right, so
it is accepted as typed.
"""

DOMAINS = (
    *("gmail.com", "orange.fr", "hotmail.fr", "hotmail.com", "wanadoo.fr", "outlook.fr"),
    *("outlook.com", "yahoo.fr", "yahoo.com", "laposte.net", "icloud.com", "protonmail.com"),
    *("proton.me", "skynet.be", "bluewin.ch", "googlemail.com", "club-internet.fr"),
    # Real domains that are close to those above.
    *("mail.com", "email.com", "ymail.com"),
)
"""Common domains in French-speaking countries.

None is short: a short text one letter away is as likely another domain as a mistake.
"""

_LONGEST = 30


def meant_domain(email: str) -> str:
    """Return the common domain that `email` misses by one mistake, or "" if there is none."""
    domain = email.strip().rpartition("@")[2].lower()
    if domain in DOMAINS or len(domain) > _LONGEST:
        return ""
    return next((known for known in DOMAINS if _is_one_slip(domain, known)), "")


def _is_one_slip(typed: str, meant: str) -> bool:
    """Return whether one letter is missing, extra or wrong, or two neighbours are swapped.

    The widget's script has the same rule (`static/public/email.js`).
    """
    same = next(
        (i for i, pair in enumerate(zip(typed, meant, strict=False)) if pair[0] != pair[1]),
        min(len(typed), len(meant)),
    )
    a, b = typed[same:], meant[same:]
    swapped = a[:2] == b[1::-1] and len(a) >= 2 and a[2:] == b[2:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or swapped
