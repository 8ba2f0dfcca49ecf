"""The space of meaning: a real encoder in ONNX form, a small one."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.embed import open_space
from aggregator.embed.encoder import quantized
from aggregator.embed.nearest import Nearest
from aggregator.errors import ModelError

MODEL = Path(__file__).parent.parent / "data" / "meaning"

WIDTH = 4
VECTORS = st.lists(st.integers(-100, 100), min_size=WIDTH, max_size=WIDTH).filter(any)


def as_bytes(values: list[int]) -> bytes:
    return quantized(np.array(values, dtype=np.float32))


def cosine(one: bytes, two: bytes) -> float:
    a, b = (np.frombuffer(vector, dtype=np.int8).astype(float) for vector in (one, two))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


# ---------------------------------------------------------------- the encoder


def test_a_text_and_its_translation_point_the_same_way() -> None:
    space = open_space(str(MODEL))
    english, french = space.embed("Cracks in the bridge"), space.embed("Fissures: le pont")
    assert cosine(english, french) > 0.99
    assert cosine(english, space.embed("A bright comet in the sky")) < 0.5


def test_the_same_text_gives_the_same_bytes() -> None:
    assert open_space(str(MODEL)).embed("the mayor says") == open_space(str(MODEL)).embed("the mayor says")


@pytest.mark.parametrize("text", ["", "  ", "xyzzy"])
def test_a_text_without_a_word_that_it_knows_has_no_vector(text: str) -> None:
    assert open_space(str(MODEL)).embed(text) == b""


def test_a_text_of_any_length_is_encoded() -> None:
    assert open_space(str(MODEL)).embed("bridge " * 100_000)


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_says_what_is_expected(missing: str, tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path, dirs_exist_ok=True)
    (tmp_path / missing).unlink()
    with pytest.raises(ModelError, match=r"expected tokenizer\.json and model\.onnx in it"):
        open_space(str(tmp_path))


@pytest.mark.parametrize("broken", ["model.onnx", "tokenizer.json"])
def test_a_file_that_is_no_model_is_named(broken: str, tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path, dirs_exist_ok=True)
    (tmp_path / broken).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match=str(tmp_path)):
        open_space(str(tmp_path))


def test_a_model_in_the_folder_onnx_is_found(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    shutil.copy(MODEL / "tokenizer.json", tmp_path)
    shutil.copy(MODEL / "model.onnx", tmp_path / "onnx")
    assert open_space(str(tmp_path)).embed("bridge")


# ---------------------------------------------------------------- finding


@given(st.lists(st.tuples(VECTORS, st.sampled_from(("en", "fr", "de"))), max_size=30), VECTORS)
def test_the_nearest_of_other_languages_are_found(
    told: list[tuple[list[int], str]], asked: list[int]
) -> None:
    nearest, vectors = Nearest(), [(as_bytes(values), language) for values, language in told]
    for key, (vector, language) in enumerate(vectors):
        nearest.add(key, vector, language)
    wanted = as_bytes(asked)
    found = nearest.near(wanted, language="en")
    alike = {
        key: cosine(vector, wanted) for key, (vector, language) in enumerate(vectors) if language != "en"
    }
    best = sorted((value for value in alike.values() if value > 1e-6), reverse=True)[: len(found)]
    assert [value for value, _ in found] == pytest.approx(best, abs=1e-4)
    assert all(value == pytest.approx(alike[key], abs=1e-4) for value, key in found)


def test_what_was_removed_is_found_no_more_and_its_room_is_used_again() -> None:
    nearest, vector = Nearest(), as_bytes([1, 2, 3, 4])
    for key in range(1000):
        nearest.add(key, vector, "fr")
        nearest.remove(key, vector, "fr")
    nearest.add(7, vector, "fr")
    assert [key for _, key in nearest.near(vector, language="en")] == [7]


def test_vectors_of_another_model_are_not_compared() -> None:
    nearest = Nearest()
    nearest.add(1, as_bytes([1, 2, 3, 4]), "fr")
    assert nearest.near(as_bytes([1, 2]), language="en") == []
