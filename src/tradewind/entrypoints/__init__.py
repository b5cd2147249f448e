"""The only place that knows every room: processes, wiring and commands."""
