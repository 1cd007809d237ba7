"""What a widget looks like and says: texts, colours, the line to paste, which sites may show it.

`texts` merges the owner's words with ours; `snippets` writes the line that owners paste; `cache`
keeps the widgets that are being shown. Public pages, staff pages and commands import it.
"""
