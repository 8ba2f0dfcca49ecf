"""Pages as papers have them: an article, and all that stands around it."""

from collections.abc import Sequence

HTML = {"Content-Type": "text/html; charset=utf-8"}

STORY = (
    "The old iron bridge over the Wirra river in Karlstad was closed on Tuesday after inspectors found deep"
    " cracks in two of its girders, and nobody at the town hall could say when it will carry trains again.",
    "Ferries will carry commuters until the repair is finished, mayor Lindqvist said, and the first of them"
    " left before dawn with forty people, two prams and a dog on board, in a wind that smelled of snow.",
    "The girders were cast in 1911, in a foundry that closed before the war; their drawings were found in a"
    " cellar, and the engineers, who had feared that they were lost, now measure them against the cracks.",
    "A second report, due in spring, will say whether the bridge can be mended at all, or whether the town,"
    " which has argued about a new one for thirty years, must build it after all and find the money.",
)
MENU = ("Home", "Local", "Sports", "Weather", "Subscribe now", "Log in", "Newsletter")
COOKIES = (
    "We value your privacy. We and our 842 partners store cookies on your device. Accept all, or manage."
)


def a_page(*paragraphs: str, title: str = "Bridge closed", charset: str = "utf-8", extra: str = "") -> bytes:
    """Write the page of an article."""
    menu = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in MENU)
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs or STORY)
    return (
        f'<!doctype html><html><head><meta charset="{charset}"><title>{title} | The North Gazette</title>'
        f'<script>alert("menu")</script></head><body><nav><ul>{menu}</ul></nav><main><article><h1>{title}</h1>'
        f'{text}{extra}</article></main><div class="sidebar">{_links(MENU)}</div>'
        f'<div class="cookie-banner popup"><p>{COOKIES}</p></div><footer>The North Gazette</footer></body>'
    ).encode(charset)


def _links(names: Sequence[str]) -> str:
    return " ".join(f'<a href="/read/{name}">{name} most read today</a>' for name in names)
