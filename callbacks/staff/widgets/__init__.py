"""The widgets in the admin: their form, its preview, the lines to paste, and their tools."""
