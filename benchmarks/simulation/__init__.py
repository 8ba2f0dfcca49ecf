"""Many sources and many workers in virtual time: what would be late, what would wait, what would be busy.

`world` draws sources as they are in the wild, `costs` says what each step was measured to take, `queues` are
the few kinds of waiting there are, and `run` walks the daemon's beats with them. See docs/scale.md.
"""
