"""Decide what is a copy, what tells of the same event, what is about the same subject, and why.

The ladder of evidence, strongest first: one address or one text (`copies`), one event (`events`, and `shape`
for stories as a whole), one subject (`subjects`). Below it: what an entry says (`words`, `titles`,
`shingles`), what its words are worth (`lexicon`, `furniture`, `learned`), what is remembered (`live`,
`window`, `postings`). `overrides` have the last word; `Desk` is the door. `measure` says how well all that
went, and `heritage` what stays when it is decided anew.
"""

from aggregator.stories.desk import Desk
from aggregator.stories.explain import explain, remedies
from aggregator.stories.learned import Learned
from aggregator.stories.lexicon import Background, read_background
from aggregator.stories.overrides import widened

__all__ = ["Background", "Desk", "Learned", "explain", "read_background", "remedies", "widened"]
