"""Strategy documents of a tenant's own."""
