"""How a widget looks, what it says, and how it gets into a page.

- `texts` completes the owner's texts with our default texts.
- `colours` makes the owner's colour readable.
- `snippets` writes the HTML that owners paste into their pages.
- `cache` keeps the widgets that are being shown in memory.

Public pages, staff pages and commands import it.
"""
