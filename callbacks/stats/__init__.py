"""Statistics of each hour, added up in advance so that no page reads a million rows."""
