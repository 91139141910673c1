"""`python -m whysgd`."""

import sys

from whysgd.cli import main

sys.exit(main())
