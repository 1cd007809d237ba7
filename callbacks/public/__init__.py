"""What visitors see: the form, the status page, and both inside other people's sites.

`form` takes requests, `status` shows what became of one, `embed` serves the loader and the frames,
`http` holds what all of them share. It imports the domain parts; nothing imports it.
"""
