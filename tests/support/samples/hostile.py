"""List input that people type or upload to see what breaks."""

from django.core.files.uploadedfile import SimpleUploadedFile

HOSTILE = [
    "",
    "\0",
    "06\x0012345678",
    "\u202e06 12 34 56 78\u202c",
    "٠٦١٢٣٤٥٦٧٨",
    "O6 l2 34 56 78",
    "𝟎𝟔 𝟏𝟐 𝟑𝟒 𝟓𝟔 𝟕𝟖",
    "9" * 10_000,
    "é" * 10_000,
    "'; DROP TABLE callbacks_block; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "a\r\nX-Injected: 1",
    "1.2.3.4/0",
    "9999-12-31",
    "::/0",
    ".".join(["a" * 70] * 3),
    "xn--\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
]


def large_file(lines: int, domain: str = "many.example") -> SimpleUploadedFile:
    rows = [f"domain,d{place}.{domain},{'why ' * 20}\n" for place in range(lines)]
    return SimpleUploadedFile("list.csv", "".join(rows).encode())
