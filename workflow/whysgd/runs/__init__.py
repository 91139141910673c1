"""From experiments to runs and from runs to tables: grid points, jobs, histories, ranking.

Nothing here trains or draws, and no study is known by name.
"""
