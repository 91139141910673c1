"""Claims of the paper, judged from the workflow's own tables."""
