"""A stand-in for a mail server: takes every mail, and shows it on a page instead of sending it on.

For development and tests; `tradewind up` runs it when no mail server is set. It listens on this machine only.
"""
