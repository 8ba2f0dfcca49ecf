"""`python -m aggregator` and the `aggregator` command."""

from aggregator.cli import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="aggregator")


if __name__ == "__main__":
    main()
