"""Checks: drugs that harm each other, do the same, or sedate together; alcohol."""
