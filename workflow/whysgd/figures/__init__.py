"""What the figures of all studies are drawn with; no study and no run is known here.

The modules that draw single figures lie in the folders of their studies.
"""
