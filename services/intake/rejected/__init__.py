"""What was rejected, looked at again: `rejected-events` is read, its messages once more, marks dismissed."""
