"""With which code a command ends, and what that says, as the manual page tells it."""

EXIT_FAILED, EXIT_USAGE, EXIT_SOURCES, EXIT_BUSY = 1, 2, 3, 75  # 75: EX_TEMPFAIL of sysexits.h

EXIT_CODES = {
    0: "all is well",
    EXIT_FAILED: "something of ours failed, or `doctor` found something wrong",
    EXIT_USAGE: "the configuration or the call is wrong; the message says where",
    EXIT_SOURCES: "done, but some sources failed; everything else is stored and published",
    EXIT_BUSY: "another aggregator is at work on the same folder",
}
