"""Render the pages of the admin that belong to no table."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise


def staff_page(
    request: HttpRequest,
    template: str,
    *,
    title: str | Promise,
    status: int = 200,
    **context: Any,
) -> TemplateResponse:
    """Return the page that `template` draws, with the menu and the banner around it.

    Args:
        request: The request that the page answers.
        template: The path of the template, such as "staff/help.html".
        title: The heading of the page.
        status: The HTTP status.
        context: What else the template shows.
    """
    # Django resolves links such as `admin:index` by this name.
    request.current_app = admin.site.name
    everywhere = admin.site.each_context(request)
    return TemplateResponse(
        request, template, everywhere | context | {"title": title}, status=status
    )
