"""Reads: from the database to rows for the wire and for watchers. Nothing here changes anything."""
