"""The command `python -m bench.fill`."""

# A module of its own: the processes that fill import the code by its name, which they cannot for a `__main__`.
from bench.fill.database import main

if __name__ == "__main__":
    main()
