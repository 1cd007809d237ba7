"""Tell a monitor whether this process is alive and whether it can serve."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from callbacks.core import availability


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return status 200 while the process answers. Nothing else is checked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Return status 200 if the database answers and its tables are up to date; otherwise 503.

    The body says which of the two is wrong.
    """
    try:
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except Error as error:
        availability.database.failed(error)
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain")
    if behind:
        return HttpResponse("migrations missing\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
