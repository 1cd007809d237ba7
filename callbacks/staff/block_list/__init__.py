"""The block list in the admin: its entries, and the import of many at once.

- `block_display`: how an entry of the block list is shown: masked, unless this session lifted the
  mask.
- `block_form`: the form that adds an entry to the block list.
- `block_import`: import many entries of the block list: paste or upload them, check them, confirm.
- `block_lines`: read the lines of an import, as spreadsheets and people write them.
- `block_list_admin`: the block list, in the admin.
- `block_views`: the views of the block list beside its table: the search, and an entry in clear.
- `state_filter`: the filter of the block list by whether an entry still applies.
"""
