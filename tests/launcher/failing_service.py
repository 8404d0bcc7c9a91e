"""A service for tests: says something, then ends as its arguments say, or waits for SIGTERM."""

import signal
import sys

if __name__ == "__main__":
    sys.stderr.write("the broker does not answer\n")
    sys.stderr.flush()
    if len(sys.argv) > 1:
        sys.exit(int(sys.argv[1]))
    signal.pause()
