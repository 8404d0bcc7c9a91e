"""What can go wrong, and the defences that can be left out to see the damage."""

WITHOUT: dict = {}
FAULTS: dict = {}
