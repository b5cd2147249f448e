"""Other engines on the same candles: what they agree with, and what they cost."""
