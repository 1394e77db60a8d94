"""Networks on ONNX Runtime: on an accelerator where it offers one, and at sizes that suit us.

Which runtime runs which network was chosen by measurement (one thread, picture 320x192 unless
said): YuNet 1.4 ms here and 3.4 ms on OpenCV's, YOLOX-nano (416x416) 9 ms here and 19 ms there,
CenterFace 13.4 ms here and 11.9 ms there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnxruntime

from review.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

#: Accelerators that need nothing but their driver, the quicker first. TensorRT is not among them:
#: it would spend minutes building an engine for every size of picture.
ACCELERATORS: Final = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "DmlExecutionProvider",
    "CoreMLExecutionProvider",
    "OpenVINOExecutionProvider",
)
_CPU: Final = "CPUExecutionProvider"
#: Errors only.
_LOG_SEVERITY: Final = 3


def providers() -> list[str]:
    """Return the execution providers to try, accelerators first, the processor last."""
    offered = onnxruntime.get_available_providers()
    return [*(name for name in ACCELERATORS if name in offered), _CPU]


def session(
    path: Path, *, threads: int = 1, sizes: tuple[int, ...] | None = None
) -> onnxruntime.InferenceSession:
    """Open a network.

    Parameters
    ----------
    threads
        Threads of one run; streams are measured side by side.
    sizes
        Shape that the file declares for its input, where pictures of another height and width
        shall be taken: the declaration of those two is then lifted. Nothing else in a network of
        convolutions depends on them.

    Raises
    ------
    ModelError
        If the runtime cannot use the file, or it does not declare these sizes.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _LOG_SEVERITY
    content = path.read_bytes()
    if sizes is not None:
        content = _lifted(content, sizes, path)
    try:
        return onnxruntime.InferenceSession(content, options, providers=providers())
    except Exception as error:  # the runtime's own exceptions have no common class
        raise ModelError(
            "the network cannot be opened",
            where=path,
            found=" ".join(str(error).split())[:200],
            todo="install onnxruntime again, in the version of the lock file",
        ) from error


def _lifted(content: bytes, sizes: tuple[int, ...], path: Path) -> bytes:
    """Return a model file's bytes with the last two sizes of its input left open.

    A size is a message ``Dimension { dim_value: n }``; it becomes one of the same length with an
    unnamed ``dim_param`` (onnx.proto, TensorShapeProto).
    """
    declared = b"".join(_fixed(n) for n in sizes)
    if content.count(declared) != 1:
        raise ModelError(
            "the network does not declare the expected input",
            where=path,
            expected="x".join(map(str, sizes)),
        )
    *kept, _, _ = sizes
    lifted = b"".join(_fixed(n) for n in kept) + b"".join(_open(n) for n in sizes[-2:])
    return content.replace(declared, lifted)


def _varint(number: int) -> bytes:
    made = b""
    while number > 0x7F:
        made += bytes([number & 0x7F | 0x80])
        number >>= 7
    return made + bytes([number])


def _fixed(number: int) -> bytes:
    value = b"\x08" + _varint(number)
    return b"\x0a" + bytes([len(value)]) + value


def _open(number: int) -> bytes:
    length = len(_varint(number)) + 1
    name = b"n" * (length - 2)
    return b"\x0a" + bytes([length]) + b"\x12" + bytes([len(name)]) + name
