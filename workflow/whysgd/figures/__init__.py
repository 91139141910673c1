"""Figures: each module draws one from its table; nothing here knows a run."""
