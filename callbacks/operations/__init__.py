"""Running the site: start-up checks, health, preparing the databases, and `manage.py serve`."""
