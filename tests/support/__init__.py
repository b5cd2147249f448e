"""What tests share: real servers, a real API over HTTP, people with accounts, a market that does what a test says."""
