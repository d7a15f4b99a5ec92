"""The key management service: what is asked of it on behalf of deployers."""
