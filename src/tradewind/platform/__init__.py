"""Infrastructure that every room stands on: settings, database, outbox, jobs, realtime, embedded servers."""
