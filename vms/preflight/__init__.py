"""What this host can and can't do for VMs, and how to mend it, before the first start and after.

Knows the operator's configuration, the host's files and programs, and what the configuration names on
the network; knows no database and no Django.
"""
