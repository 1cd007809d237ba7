"""What an operator does from a shell, in `commands`. Django looks for this package by its name."""
