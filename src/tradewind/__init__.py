"""Tradewind: an autonomous crypto-trading platform for many users."""

__version__ = "0.1.0"
