"""What people do about calls in doubt: look, decide by two, learn refusal texts, check the audit trail.

Logic without a terminal; ``mi doubt``, ``mi refusals``, ``mi audit`` and ``mi recover`` print it. Everything but the
recovery works without a network and while the service runs: reading takes a connection, writing a worker slot.
"""
