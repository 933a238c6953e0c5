"""Transports: how a signed message travels."""
