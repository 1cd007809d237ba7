"""The admin site itself: its pages, its menu, its banner, its security policy."""
