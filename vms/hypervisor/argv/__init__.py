"""QEMU's options, a module a subject; ``hypervisor.command`` puts them in the contract's order."""
