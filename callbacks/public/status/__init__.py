"""Show visitors the page of their request, where they correct it, cancel it or refuse calls."""
