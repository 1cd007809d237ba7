"""The filtered list of requests as a file.

CSV is sent while it is written; XLSX goes through a temporary file. Memory stays constant.

- `answer_columns`: the columns of an export for the answers to additional fields: one for each
  field.
- `csv_file`: write the list of requests as CSV.
- `rows`: the rows and columns of an export.
- `view`: send the filtered list as a file, and record it in the audit log.
- `xlsx_file`: write the list of requests as XLSX.
"""
