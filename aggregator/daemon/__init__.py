"""The daemon: subscribers are served at once, and the rest begins behind that.

    start      what comes when at a start
    front      what subscribers reach
    keeper     keeps a window open: a process that serves
    window     that process
    line       how it and the daemon speak
    backroom   what the daemon answers it
    metronome  the heartbeat, and what goes on beside it
    corridor   the writer's thread: a walk a beat, whatever comes
    walk       one walk through an open store
    board      what there is to tell of all that
    patience   how many faults are borne
    journal    what the log says of a walk
    clocks     what time it is, and whether somebody set it

The window has nothing imported here: it loads what it serves with, and no more.
"""
