"""The admin site itself: its pages, its menu, its banner, its security policy.

- `admin_site`: the admin site: unfold's, with a banner on each page and our own pages.
- `apps`: make Django use our admin site.
- `banner`: the banner of each page: which call service is connected, and whether calls are running.
- `csp`: the Content-Security-Policy of the admin's pages.
- `navigation`: the admin's menu.
- `unfold_translations`: the words of unfold that our pages show, for translation.
"""
