"""What goes wrong with a backup, in words for the person who makes or restores it."""

from __future__ import annotations


class BackupFailed(Exception):
    """Nothing was made, or put back; the message says why, and the way out."""
