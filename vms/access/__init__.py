"""Who asks, and what they may: credentials, roles, owners, tokens, audit."""
