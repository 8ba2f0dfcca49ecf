"""What the world can do to it, done on purpose: each fault of a list, with its figure.

    truth        origins that remember all they ever said, and move on only when they are believed
    deeds        what a victim does: a walk, a migration, a restore; in a process of its own
    points       the n-th call of a kind kills the process, or fails
    sabotage     promises that are broken on purpose, to see that it is noticed
    nursery      forks victims, one for each trial, and ends them
    subscriber   reads what is published, all the time, and believes nothing
    audit        holds the store and what is published against the truth
    trials       one function a fault; each returns its figures
    population   ten thousand sources in virtual time
    storm        a thousand subscribers
    soak         weeks in an hour, and what grows

`python -m tests.faults` is the long form, the tests beside are the short one; see docs/testing.md.
"""
