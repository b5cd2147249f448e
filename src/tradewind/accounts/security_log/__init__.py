"""What happened to an account's security, for its owner to read."""
