"""Backups: everything that VMs are, in one file, made while they run; and back again.

No Django in here: a backup is files, and is put back where there is no database yet.
"""
