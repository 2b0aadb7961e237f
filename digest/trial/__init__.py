"""Trials of a profile on past days: backtest, explanations, and suggested terms."""
