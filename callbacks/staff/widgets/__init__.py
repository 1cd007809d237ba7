"""The widgets in the admin: their form, preview, lines to paste, and tools."""
