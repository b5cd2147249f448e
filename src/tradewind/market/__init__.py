"""Data in: feeds (live, replay, simulated), the candle store and market analysis."""
