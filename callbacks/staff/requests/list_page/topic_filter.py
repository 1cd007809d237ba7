"""The filter of the list of requests by the topic that visitors chose."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from callbacks.models import CallRequest, Topic


class TopicFilter(DropdownFilter):  # type: ignore[misc]
    """Filter by the name of a topic. Several widgets may have topics of the same name."""

    title = _("topic")
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the topics that there are, and the one in the address, which may be removed."""
        labels: dict[str, str] = {}
        for topic in Topic.objects.order_by("position", "pk"):
            labels.setdefault(topic.key, topic.label)
        if wanted := request.GET.get(self.parameter_name):
            labels.setdefault(wanted, wanted)
        return sorted(labels.items(), key=lambda one: (one[1].casefold(), one[0]))

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CallRequest]
    ) -> QuerySet[CallRequest]:
        return queryset.filter(topic=self.value()) if self.value() else queryset
