"""The space of meaning: texts as vectors, of a model that the operator supplies; nothing is downloaded.

`encoder` reads a sentence encoder from a folder (`tokenizer.json` and `model.onnx`, as most multilingual ones
are published), `nearest` finds the vectors that point the same way. Both need the extra `dense`.
"""

from aggregator.errors import ModelError
from aggregator.model import Space

__all__ = ["open_space"]


def open_space(folder: str) -> Space:
    """Open an empty space over the model in a folder.

    Raises: ModelError when the extra is not installed, or the folder holds no model that can be used.
    """
    try:
        from aggregator.embed.space import Vectors  # half a second, and only for those who have a model
    except ModuleNotFoundError as error:
        reason = f"`stories.model` needs the extra `dense`: pip install 'aggregator[dense]' ({error})"
        raise ModelError(folder, reason) from error
    return Vectors(folder)
