"""From bytes to text: lists on somebody's disk are UTF-8, or as old as their program."""


def text_of(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
