"""Writes checkpoints of the original for tests, from the format's description."""

from __future__ import annotations

import json
import struct

import numpy as np

from sketch_rnn.interop.tensorflow.table import masked_crc32c
from sketch_rnn.interop.tensorflow.variables import variable_places

MAGIC = 0xDB4775248B80FB57


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def block_content(entries: list[tuple[bytes, bytes]]) -> bytes:
    out, before = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        own = key[shared:]
        out += varint(shared) + varint(len(own)) + varint(len(value)) + own + value
        before = key
    return out + struct.pack("<II", 0, 1)


def sealed(content: bytes, kind: int = 0) -> bytes:
    """A block with the checksum that is right for it, whatever it holds."""
    return content + bytes([kind]) + struct.pack("<I", masked_crc32c(content + bytes([kind])))


def block(entries: list[tuple[bytes, bytes]], kind: int = 0) -> bytes:
    return sealed(block_content(entries), kind)


def table(messages: dict[str, bytes], kind: int = 0) -> bytes:
    """A table with two data blocks, so that the order of blocks counts."""
    items = [(name.encode(), message) for name, message in sorted(messages.items())]
    half = len(items) // 2
    parts = (items[:half], items[half:])
    return table_of_blocks([(part[-1][0], block(part, kind)) for part in parts])


def table_of_blocks(blocks: list[tuple[bytes, bytes]]) -> bytes:
    """A table of sealed blocks, each with its last name."""
    content, index = b"", []
    for name, written in blocks:
        index.append((name, varint(len(content)) + varint(len(written) - 5)))
        content += written
    meta, places = block([]), block(index)
    footer = varint(len(content)) + varint(len(meta) - 5)
    footer += varint(len(content) + len(meta)) + varint(len(places) - 5)
    return content + meta + places + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def entry(shape, offset, size, checksum, kind=1) -> bytes:
    dimensions = b"".join(field(2, field(1, number)) for number in shape)
    checksum_field = varint(6 << 3 | 5) + struct.pack("<I", checksum)
    return (
        field(1, kind) + field(2, dimensions) + field(4, offset) + field(5, size) + checksum_field
    )


def variables_from_parameters(parameters, config) -> dict[str, np.ndarray]:
    """The original's variables, from our parameters or arrays of their shapes."""
    return {
        name: place.of(parameters[place.parameter]).detach().numpy()
        for name, place in variable_places(config).items()
    }


def bundle(variables: dict[str, np.ndarray]) -> tuple[dict[str, bytes], bytes]:
    """The messages of an index and the content of the data file."""
    messages, data = {"": field(1, 1)}, b""
    for name, values in sorted(variables.items()):
        content = np.asarray(values, "<f4").tobytes()
        messages[name] = entry(values.shape, len(data), len(content), masked_crc32c(content))
        data += content
    return messages, data


def write_checkpoint(folder, bundled, hparams, prefix="vector-1234"):
    """Writes the four files of a checkpoint, of what `bundle` returned."""
    folder.mkdir(parents=True, exist_ok=True)
    messages, data = bundled
    (folder / f"{prefix}.index").write_bytes(table(messages))
    (folder / f"{prefix}.data-00000-of-00001").write_bytes(data)
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "/old/place/{prefix}"\n')
    (folder / "model_config.json").write_text(json.dumps(hparams))
    return folder
