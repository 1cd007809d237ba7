"""The filtered list of requests as a CSV or XLSX file, in constant memory."""
