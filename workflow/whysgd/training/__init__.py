"""Training an ensemble: its loss and penalty, its compiled loop, its measurements."""
