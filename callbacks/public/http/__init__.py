"""Share what all public pages need: methods, headers, language, and the database outage page.

- `cookieless`: drop every cookie outside the admin, before anything can read it.
- `database_errors`: answer clearly while the database is unavailable: promise nothing, and lose
  nothing.
- `decorators`: make a view a public page: set its methods and headers, and protect it from bad
  requests.
- `language`: choose the language of a public page, without reading or setting a cookie.
- `responses`: build the responses of the public views.
- `same_site`: find out whether one of our own pages sent a form.
- `stylesheet`: serve one stylesheet for a widget's pages: the common styles and the widget's
  colour.
"""
