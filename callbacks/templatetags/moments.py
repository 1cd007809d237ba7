"""Days and times as all pages of the admin show them."""

from datetime import date, datetime

from django import template

from callbacks.staff.common import formatting

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    return formatting.moment(at) if at else ""


@register.filter
def second(at: datetime | None) -> str:
    return formatting.second(at) if at else ""


@register.filter
def day(value: date | None) -> str:
    return formatting.day(value) if value else ""
