"""The commands of `manage.py`, one file each. Each prints what it does with `--help`.

A command reads its options, calls a domain part, and prints sentences. The rules are in the domain
parts. No other part imports a command.
"""
