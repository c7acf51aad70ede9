"""``python -m labkit.book NOTEBOOK...``: keep executed notebooks for the next build."""

import sys

from labkit.book import keep_runs

if __name__ == "__main__":
    keep_runs(".", sys.argv[1:])
