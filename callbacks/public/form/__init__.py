"""The form: shown, checked, and handed to `intake`."""
