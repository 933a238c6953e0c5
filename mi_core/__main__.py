"""``python -m mi_core`` is the command ``mi``."""

from mi_core.cli.main import main

if __name__ == "__main__":
    main()
