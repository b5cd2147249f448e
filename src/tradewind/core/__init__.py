"""Trading decisions, pure: no I/O, no wall clock, no randomness, no framework.

`(state, event) → (state, commands)`: the shells (live engine, paper venue, back-test, simulation) feed it and carry out
what it says, which makes them one decision code and makes a crash at any line survivable.
"""
