"""`python -m services.launcher.healthy URL [AUTHORITY]`: 0 where it answers 200; a container's health."""

import ssl
import sys
import urllib.error
import urllib.request

_WITHIN_S = 8.0


def healthy(url: str, authority: str | None = None) -> bool:
    """Whether `url` answers 200; over https to the name of a certificate that `authority` (a file in PEM)
    signed.
    """
    context = ssl.create_default_context(cafile=authority) if url.startswith("https://") else None
    try:
        with urllib.request.urlopen(url, timeout=_WITHIN_S, context=context) as answer:  # noqa: S310 (of compose)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{url}: {error}\n")
        return False


if __name__ == "__main__":
    sys.exit(0 if healthy(*sys.argv[1:3]) else 1)
