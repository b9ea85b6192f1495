"""Writes a GGUF file of a llama with random weights: it loads and answers, and means nothing."""

import random
import struct

UINT32, FLOAT32, STRING, ARRAY = 4, 6, 8, 9
BYTE, CONTROL, UNKNOWN = 6, 3, 2
ALIGN = 32
WIDTH, LAYERS, HEADS, INNER = 64, 1, 4, 128
WORDS = [b"<unk>", b"<s>", b"</s>", *(f"<0x{code:02X}>".encode() for code in range(256))]
KINDS = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256]


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def number(key, value):
    return pair(key, UINT32, struct.pack("<I", value))


def listed(key, kind, values):
    return pair(key, ARRAY, struct.pack("<IQ", kind, len(values)) + b"".join(values))


def facts():
    yield pair("general.architecture", STRING, text("llama"))
    yield pair("general.name", STRING, text("noise"))
    yield number("llama.context_length", 8192)
    yield number("llama.embedding_length", WIDTH)
    yield number("llama.block_count", LAYERS)
    yield number("llama.feed_forward_length", INNER)
    yield number("llama.attention.head_count", HEADS)
    yield number("llama.attention.head_count_kv", HEADS)
    yield number("llama.rope.dimension_count", WIDTH // HEADS)
    yield number("llama.vocab_size", len(WORDS))
    yield pair("llama.attention.layer_norm_rms_epsilon", FLOAT32, struct.pack("<f", 1e-5))
    yield pair("tokenizer.ggml.model", STRING, text("llama"))
    yield listed("tokenizer.ggml.tokens", STRING, [text(word) for word in WORDS])
    yield listed("tokenizer.ggml.scores", FLOAT32, [struct.pack("<f", 0.0)] * len(WORDS))
    yield listed("tokenizer.ggml.token_type", 5, [struct.pack("<i", kind) for kind in KINDS])
    yield number("tokenizer.ggml.bos_token_id", 1)
    yield number("tokenizer.ggml.eos_token_id", 2)
    yield number("tokenizer.ggml.unknown_token_id", 0)
    template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    yield pair("tokenizer.chat_template", STRING, text(template))


def shapes():
    yield "token_embd.weight", (len(WORDS), WIDTH)
    yield "output.weight", (len(WORDS), WIDTH)
    yield "output_norm.weight", (WIDTH,)
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            yield f"blk.{layer}.{norm}.weight", (WIDTH,)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{part}.weight", (WIDTH, WIDTH)
        yield f"blk.{layer}.ffn_gate.weight", (INNER, WIDTH)
        yield f"blk.{layer}.ffn_up.weight", (INNER, WIDTH)
        yield f"blk.{layer}.ffn_down.weight", (WIDTH, INNER)


def write(path):
    """Write the file, of about 300 kB."""
    chance = random.Random(7)
    known = list(facts())
    infos, data = [], b""
    tensors = list(shapes())
    for name, shape in tensors:
        dims = struct.pack(f"<{len(shape)}Q", *reversed(shape))
        infos.append(text(name) + struct.pack("<I", len(shape)) + dims)
        infos[-1] += struct.pack("<IQ", 0, len(data))
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        flat = [1.0] * count if len(shape) == 1 else [chance.gauss(0, 0.05) for _ in range(count)]
        raw = struct.pack(f"<{count}f", *flat)
        data += raw + b"\0" * (-len(raw) % ALIGN)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(known))
    head += b"".join(known) + b"".join(infos)
    path.write_bytes(head + b"\0" * (-len(head) % ALIGN) + data)
    return path
