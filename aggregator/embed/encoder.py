"""A sentence encoder in ONNX form with its tokenizer: a text becomes a direction."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from aggregator.errors import ModelError

MOST_TOKENS = 256
STEPS = 127  # a component of a vector is kept as a signed byte

TOKENIZER, GRAPHS = "tokenizer.json", ("model.onnx", "onnx/model.onnx")
SENTENCE = "sentence_embedding"  # the output of graphs that pool by themselves

Vector = npt.NDArray[np.float32]


class Encoder:
    """A loaded encoder. The same text gives the same bytes: one thread, one text at a time."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises: ModelError when a file is missing or cannot be read, or the graph is no encoder of texts.
        """
        graph = next((folder / name for name in GRAPHS if (folder / name).is_file()), None)
        if graph is None or not (folder / TOKENIZER).is_file():
            raise ModelError(str(folder), f"expected {TOKENIZER} and {GRAPHS[0]} in it")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._session = onnxruntime.InferenceSession(
                str(graph), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise bare exceptions of many kinds
            raise ModelError(str(folder), str(error).splitlines()[0]) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_TOKENS)
        outputs = [tensor.name for tensor in self._session.get_outputs()]
        self._output = SENTENCE if SENTENCE in outputs else outputs[0]
        self._wanted = {tensor.name for tensor in self._session.get_inputs()}
        if "input_ids" not in self._wanted:
            raise ModelError(str(folder), "the graph takes no `input_ids`: it encodes no texts")

    def embed(self, text: str) -> bytes:
        """Return where a text points: a vector of length 1, a signed byte a component; none for no words."""
        tokens = self._tokenizer.encode(text)
        if not tokens.ids:
            return b""
        given = {
            "input_ids": tokens.ids,
            "attention_mask": tokens.attention_mask,
            "token_type_ids": tokens.type_ids,
        }
        inputs = {name: np.array([given[name]], dtype=np.int64) for name in self._wanted & given.keys()}
        return quantized(_pooled(self._session.run([self._output], inputs)[0]))


def _pooled(output: Any) -> Vector:
    """Return one vector for a text: as the graph gives it, or the mean of those of its tokens."""
    found: Vector = np.asarray(output, dtype=np.float32)[0]
    return found if found.ndim == 1 else found.mean(axis=0)


def quantized(vector: Vector) -> bytes:
    """Scale a vector to length 1 and write it down."""
    length = float(np.linalg.norm(vector))
    if not length or not np.isfinite(length):
        return b""
    return bytes(np.rint(vector / length * STEPS).astype(np.int8).tobytes())
