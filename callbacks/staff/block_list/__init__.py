"""The block list in the admin: its entries, and the import of many at once."""
