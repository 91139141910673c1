"""What is trained, by value: data sets, networks, programs, members and ensembles, and their cost.

No file is read here and nothing is computed with tensors; whoever has a record knows the run.
"""
