"""What an OCI registry speaks: names, logins, manifests. No I/O but reading a login."""
