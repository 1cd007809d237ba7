"""The parts of the chaos run: the world, what breaks it, the people in it, and the judge."""
