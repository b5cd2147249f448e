"""Back-tests, what they measure, and whether they may be believed."""
