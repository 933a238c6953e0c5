"""Table of what the centres owe the institutions: notifications that are pushed until they are acknowledged."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLES"]

TABLES: Final = """
CREATE TABLE IF NOT EXISTS notice (
    number INTEGER PRIMARY KEY, infno TEXT NOT NULL, subject TEXT NOT NULL, institution TEXT NOT NULL, business TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'acknowledged')), attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL, entered TEXT NOT NULL, answer TEXT
);
CREATE INDEX IF NOT EXISTS notice_pending ON notice (due) WHERE state = 'pending';
"""
"""``subject``: the order or prescription; ``due``: when it is sent next, milliseconds since 1970; ``answer``: what came last."""
