"""The node's background worker: it alone looks at the hypervisor, and makes what is what should be."""
