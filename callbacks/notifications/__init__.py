"""Tell staff about problems: `alerts` are stored first, then sent, and tried again on failure."""
