"""Mark personal data, and find the marks again."""

NUMBER = "06 12 34 56 78"
EMAIL = "marked.person@marked-domain.example.fr"
ADDRESS = "198.51.100.77"
MARKS = ["612345678", "12 34 56 78", "marked.person", "marked-domain", ADDRESS]


def marks_in(text: str) -> list[str]:
    """Return the marks in `text`, whatever its spaces and case."""
    plain = text.replace("\xa0", " ").replace("\u202f", " ").replace("&nbsp;", " ").lower()
    return [mark for mark in MARKS if mark in plain]
