"""Check: all opioids together, as morphine by mouth."""
