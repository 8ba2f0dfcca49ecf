"""How fast it is, stage by stage and whole, beside others. See docs/benchmarks.md."""
