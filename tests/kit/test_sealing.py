"""Sealed secrets open where they were put, with the key they were put there with, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.kit.sealing import BrokenSealError, seal, unseal

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
PLACE = "table.column:1"


@given(secret=st.binary(max_size=200))
def test_what_was_sealed_comes_back(secret: bytes) -> None:
    assert unseal(KEY, seal(KEY, secret, PLACE), PLACE) == secret


def test_nothing_repeats() -> None:
    assert seal(KEY, b"same", PLACE) != seal(KEY, b"same", PLACE)


@given(secret=st.binary(min_size=1, max_size=40), at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_changed_bit_breaks_the_seal(secret: bytes, at: int, bit: int) -> None:
    sealed = bytearray(seal(KEY, secret, PLACE))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(BrokenSealError):
        unseal(KEY, bytes(sealed), PLACE)


@pytest.mark.parametrize(("key", "place"), [(OTHER_KEY, PLACE), (KEY, "table.column:2")])
def test_another_key_or_place_does_not_open_it(key: bytes, place: str) -> None:
    with pytest.raises(BrokenSealError, match="secret key"):
        unseal(key, seal(KEY, b"secret", PLACE), place)


@pytest.mark.parametrize("cut", [0, 5, 12, 20])
def test_what_was_cut_off_is_broken(cut: int) -> None:
    with pytest.raises(BrokenSealError):
        unseal(KEY, seal(KEY, b"secret", PLACE)[:cut], PLACE)
