"""Write the pages that are made from the code."""

from tests.docs.made import MADE
from tests.docs.pages import DOCS

for name, make in MADE.items():
    (DOCS / name).write_text(make(), encoding="utf-8")
