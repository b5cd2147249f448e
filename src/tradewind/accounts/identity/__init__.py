"""That an address is a person's, and what he does when he forgets, changes or loses something."""
