"""Studies: one folder for each source, with all that belongs to it alone, and what reads them.

A folder holds records of figures, tables and computations, what draws and computes them, the
paper's claims and values, captions and results; what several studies share lies elsewhere.
"""
