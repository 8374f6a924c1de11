"""`python -m tests.torture.scribe SEED SECONDS`: the writers alone, in an environment made by `ground.choose`.

Run under strace, so that everything they tell the disk is on record.
"""

import random
import sys
import time

import tests.races.worker  # noqa: F401 (sets Django up)
from tests.torture.writers import writing

if __name__ == "__main__":
    with writing(random.Random(sys.argv[1]), count=4):
        time.sleep(float(sys.argv[2]))
