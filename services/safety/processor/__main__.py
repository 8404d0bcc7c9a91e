"""`python -m services.safety.processor`: one worker, with its settings from the environment."""

import sys

from services.safety.processor.worker import main

if __name__ == "__main__":
    sys.exit(main())
