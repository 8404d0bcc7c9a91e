"""Each contender is a program: it reads one preloaded topic to its end and prints what that took."""
