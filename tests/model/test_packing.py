"""Laws: packing loses nothing, and lays rows out step after step, longest sequence first."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch_rnn.model.packing import Packing

# Sequence 0 is rows 0..2, sequence 1 row 10, sequence 2 rows 20..22; 3 steps are padded to 4.
LENGTHS = torch.tensor([3, 1, 3])
PADDED = torch.tensor([[0, 1, 2, -1], [10, -1, -1, -1], [20, 21, 22, -1]])


def test_rows_are_laid_out_step_after_step_longest_first():
    packed = Packing.of(LENGTHS, 4).pack(PADDED)
    assert packed.tolist() == [0, 20, 10, 1, 21, 2, 22]


def test_reversed_rows_run_from_the_last_real_row_to_the_first():
    packed = Packing.of(LENGTHS, 4).pack(PADDED, reverse=True)
    assert packed.tolist() == [2, 22, 10, 1, 21, 0, 20]


def test_active_counts_the_running_sequences_of_each_step():
    assert Packing.of(LENGTHS, 4).active == (3, 2, 2)
    assert Packing.of(torch.tensor([1]), 4).active == (1,)
    assert Packing.of(torch.tensor([4, 4]), 4).active == (2, 2, 2, 2)


def test_ties_stay_in_their_given_order():
    packing = Packing.of(torch.tensor([2, 5, 2, 5, 2, 5]), 5)
    assert packing.order.tolist() == [1, 3, 5, 0, 2, 4]


def test_unpacking_puts_zeros_where_a_sequence_has_ended():
    packing = Packing.of(LENGTHS, 4)
    unpacked = packing.unpack(packing.pack(PADDED), 4)
    assert unpacked.tolist() == [[0, 1, 2, 0], [10, 0, 0, 0], [20, 21, 22, 0]]


@st.composite
def lengths_and_steps(draw):
    num_steps = draw(st.integers(1, 9))
    lengths = draw(st.lists(st.integers(1, num_steps), min_size=1, max_size=9))
    return torch.tensor(lengths), num_steps


@given(lengths_and_steps())
@settings(max_examples=60, deadline=None)
def test_round_trip_keeps_every_real_row(case):
    lengths, num_steps = case
    packing = Packing.of(lengths, num_steps)
    rows = 1 + torch.arange(len(lengths) * num_steps * 2).reshape(len(lengths), num_steps, 2)
    real = torch.arange(num_steps) < lengths[:, None]
    packed = packing.pack(rows)
    assert len(packed) == sum(packing.active) == lengths.sum()
    assert torch.equal(packing.unpack(packed, num_steps), rows * real[..., None])


@given(lengths_and_steps())
@settings(max_examples=60, deadline=None)
def test_reversing_is_packing_the_reversed_sequences(case):
    lengths, num_steps = case
    packing = Packing.of(lengths, num_steps)
    rows = torch.arange(len(lengths) * num_steps).reshape(len(lengths), num_steps)
    turned = rows.clone()
    for row, length in zip(turned, lengths, strict=True):
        row[:length] = row[:length].flip(0)
    assert torch.equal(packing.pack(rows, reverse=True), packing.pack(turned))


@given(lengths_and_steps())
@settings(max_examples=60, deadline=None)
def test_inverse_undoes_the_order(case):
    lengths, num_steps = case
    packing = Packing.of(lengths, num_steps)
    assert torch.equal(lengths[packing.order][packing.inverse], lengths)
    assert (lengths[packing.order].diff() <= 0).all()


@pytest.mark.parametrize("more", [1, 7])
def test_more_padding_packs_the_same_rows(more):
    padding = torch.full((3, more), -1)
    longer = torch.cat([PADDED, padding], dim=1)
    packing = Packing.of(LENGTHS, 4 + more)
    assert packing.active == Packing.of(LENGTHS, 4).active
    assert torch.equal(packing.pack(longer), Packing.of(LENGTHS, 4).pack(PADDED))


def test_unpacking_passes_gradients_on():
    packing = Packing.of(LENGTHS, 4)
    packed = torch.ones(7, requires_grad=True)
    weights = torch.arange(12.0).reshape(3, 4)
    (packing.unpack(packed, 4) * weights).sum().backward()
    assert torch.equal(packed.grad, packing.pack(weights))
