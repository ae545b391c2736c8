"""Entry of `python -m lottery`."""

from .command import main

if __name__ == "__main__":
    raise SystemExit(main())
