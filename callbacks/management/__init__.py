"""What an operator does from a shell, in `commands`. Django finds this package by its name."""
