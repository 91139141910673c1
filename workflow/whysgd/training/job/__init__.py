"""What surrounds training in a job: signals, progress, live files, devices, TensorFlow's start.

Nothing here can change a number of a run.
"""
