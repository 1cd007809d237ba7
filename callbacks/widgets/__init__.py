"""How a widget looks, what it says, and how it gets into a page.

- `texts` completes the company's texts with our default texts.
- `languages` lists the languages of a form.
- `colours` makes the company's colour readable.
- `snippets` writes the HTML that companies paste into their pages.
- `loader` builds the scripts that a snippet and its frame load.
- `cache` keeps the widgets that are being shown in memory.
- `answers`: the answers to a widget's additional fields, as a request holds them.
- `extra_fields`: change the additional fields of a widget without losing what answers refer to.
- `regions`: the regions in which numbers are called.
- `topics`: the topics of a widget: those that it offers to visitors, and how they are changed.

Intake, public pages, staff pages and commands import it.
"""
