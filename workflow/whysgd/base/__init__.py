"""What everything else stands on: files, records, numbers, randomness, errors, origins of code.

Nothing here knows of training, papers or Snakemake's rules, and nothing imports TensorFlow.
"""
