"""How nodes ask each other on somebody's behalf: for what only a VM's own node can tell."""
