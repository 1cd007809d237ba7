"""The filtered list of requests as a file.

CSV is sent while it is written; XLSX goes through a temporary file. Memory stays constant.
"""
