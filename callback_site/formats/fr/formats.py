"""The formats for French."""

from callback_site.formats import DATE_FORMAT, DATETIME_FORMAT  # noqa: F401
