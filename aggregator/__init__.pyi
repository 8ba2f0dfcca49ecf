from aggregator.library import Aggregator as Aggregator
from aggregator.library import open_aggregator as open  # noqa: A004 -- `aggregator.open`

__all__ = ["Aggregator", "__version__", "open"]

__version__: str
