"""Live figures of a node and its VMs: read by its worker, kept here, told to who watches.

Knows no Django and no other room: values come in, values go out.
"""
