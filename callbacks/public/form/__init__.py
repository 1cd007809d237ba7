"""Show the form, check that a person sent it, and hand it to `intake`."""
