"""Make the two files beside this one: a tiny encoder in which a word and its translation point the same way.

Run by hand, with the packages `onnx` and `tokenizers`: `python tests/data/meaning/make.py`.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

HERE = Path(__file__).parent
WIDTH = 16
PAIRS = """
bridge pont|closed fermé|closes ferme|cracks fissures|ferry bac|ferries bacs|mayor maire|river fleuve
engineers ingénieurs|divers plongeurs|months mois|repairs travaux|traffic circulation|trucks camions
comet comète|telescope télescope|tail queue|astronomers astronomes|sky ciel|bright brillante
strike grève|nurses infirmières|pay salaires|hospital hôpital|wirra wirra|karlstad karlstad
lindqvist lindqvist|after après|will sera|says dit|over sur|found trouvent|earthquake séisme
magnitude magnitude|dead morts|coast côte
"""


def main() -> None:
    pairs = [pair.split() for line in PAIRS.strip().splitlines() for pair in line.split("|")]
    vectors = np.random.default_rng(7).normal(size=(len(pairs), WIDTH)).astype(np.float32)
    vocabulary, rows = {"[UNK]": 0}, [np.zeros(WIDTH, dtype=np.float32)]
    for (english, french), vector in zip(pairs, vectors, strict=True):
        for word in dict.fromkeys((english, french)):
            vocabulary[word] = len(rows)
            rows.append(vector)
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "words",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, [1, "n"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [1, "n", WIDTH])],
        [numpy_helper.from_array(np.stack(rows), "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    save(model, str(HERE / "model.onnx"))


if __name__ == "__main__":
    main()
