"""How much the daemon bears of faults of ours before it ends."""

from collections import deque

from aggregator.errors import CrashedError

MOST_FAULTS, FAULT_SPAN = 5, 600.0  # and seconds


class Patience:
    """Counts faults: the first is borne at once, later ones with pauses that grow, too many not at all."""

    def __init__(self) -> None:
        self._faults: deque[float] = deque(maxlen=MOST_FAULTS)

    def bear(self, error: Exception, *, at: float) -> float:
        """Return until when to wait after a fault, in seconds that pass steadily.

        Raises: CrashedError when faults keep coming.
        """
        self._faults.append(at)
        recent = sum(at - fault < FAULT_SPAN for fault in self._faults)
        if recent >= MOST_FAULTS:
            raise CrashedError(
                f"the same or other faults came {recent} times in ten minutes, the last {error!r};"
                " the log shows each whole"
            ) from error
        return at + (2**recent if recent > 1 else 0)
