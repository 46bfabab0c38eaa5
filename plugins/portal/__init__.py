"""The owner portal."""
