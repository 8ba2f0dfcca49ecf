"""A self-hosted aggregator and publisher: feeds and local articles in, one feed with related coverage out.

The listing of this folder is the story of an entry: fetch, parse, normalize, (store), stories,
publish, output, serve. docs/contributing.md is the map.
"""

__version__ = "0.1.0"
