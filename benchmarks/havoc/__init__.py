"""The parts of the chaos run: a world to break, who asks and who answers in it, and the verdict."""
