"""The one command: `python -m benchmarks`."""

if __name__ == "__main__":  # every process that is started imports this module, and needs nothing of it
    from benchmarks.main import main

    main()
