"""Checks of requests before anything is sent."""
