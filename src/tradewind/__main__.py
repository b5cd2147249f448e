"""`python -m tradewind`: the same as the `tradewind` command."""

from tradewind.entrypoints.cli import main

if __name__ == "__main__":
    main(prog_name="tradewind")
