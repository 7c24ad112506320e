"""Chunks: how a mini-batch is cut, so that threads share it and sums of gradients come out the same for any number."""

from __future__ import annotations

SLOTS = 2
"""Slots of gradients at most, and so threads that can share a step."""


def chunk_size(batch_size: int, slots: int = SLOTS) -> int:
    """Samples at a time: at most 16, a power of two, and such that all slots get about as many."""

    def load(chunk: int) -> float:
        chunks = -(-batch_size // chunk)
        largest = min(batch_size, -(-chunks // slots) * chunk)
        return largest * (1 + 0.5 / chunk)  # small chunks reuse weights less

    return min((each for each in (16, 8, 4, 2, 1) if each <= power_of_two(batch_size)), key=load)


_MOST_SAMPLES = 1024
"""Samples of a step that are kept at most, so that memory stays within bounds."""


def pays_to_keep_samples(batch_size: int, inputs: int, outputs: int) -> bool:
    """Whether a fully connected module keeps what each sample of a step brings, and sums its gradient at the end.

    It does where passing over a gradient of all weights a few times costs more; then it needs no slots of gradients,
    and what it keeps takes no more memory than they would.
    """
    few = batch_size <= _MOST_SAMPLES and batch_size * (inputs + outputs) <= SLOTS * inputs * outputs
    return inputs >= 16 and few


def power_of_two(count: int) -> int:
    """The smallest power of two that is not below `count`."""
    return 1 << (count - 1).bit_length()
