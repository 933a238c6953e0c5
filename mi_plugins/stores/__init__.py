"""Stores of the operation log."""
