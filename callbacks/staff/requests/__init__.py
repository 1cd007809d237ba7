"""The requests: their list, the page of each, and what staff do with them.

`list_page/` filters and searches the list; `export/` writes it to a file. An action goes from
`ask_first` (the page between the button and the action) to `carry_out`; `actions` says which there
are.
"""
