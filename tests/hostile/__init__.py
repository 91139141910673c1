"""Inputs that somebody may give by mistake or worse, each with the one line that it must give."""
