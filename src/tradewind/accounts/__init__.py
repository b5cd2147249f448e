"""People: users, organisations, sessions."""
