"""What draws the figures of this study: one module for each, with `draw(tables, context)`."""
