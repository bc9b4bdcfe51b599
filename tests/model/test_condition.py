from __future__ import annotations

import pytest
import torch

from sketch_rnn.model.condition import UNCONDITIONAL, Condition, ConditionSizes

Z, LABEL = torch.arange(12.0).reshape(4, 3), torch.arange(8.0).reshape(4, 2)
SIZES = ConditionSizes(z=3, label=2)


def same(left: Condition, right: Condition) -> bool:
    return all(
        torch.equal(ours, theirs) if ours is not None and theirs is not None else ours is theirs
        for ours, theirs in ((left.z, right.z), (left.label, right.label))
    )


@pytest.mark.parametrize("whole", [Condition(Z, LABEL), Condition(z=Z), Condition(label=LABEL)])
def test_parts_of_a_condition_make_the_whole(whole):
    parts = [whole.select(slice(0, 1)), whole.select(slice(1, 4))]
    assert [part.rows for part in parts] == [1, 3]
    assert same(Condition.concatenate(parts), whole)


def test_a_shared_row_is_selected_for_every_drawing():
    one = Condition(Z[:1], LABEL[:1])
    assert same(one.select(slice(3, 5)), one)
    assert same(one.expanded(2), Condition(Z[:1].repeat(2, 1), LABEL[:1].repeat(2, 1)))
    assert UNCONDITIONAL.select(slice(3, 5)).rows == 1


def test_z_and_labels_share_single_rows():
    assert same(Condition(label=LABEL[:1]).with_z(Z), Condition(Z, LABEL[:1].repeat(4, 1)))
    assert same(Condition(label=LABEL).with_z(Z[:1]), Condition(Z[:1].repeat(4, 1), LABEL))
    assert same(Condition(Z, LABEL).with_z(None), Condition(label=LABEL))
    with pytest.raises(ValueError, match=r"different numbers of drawings: .*\(4, 3\).*\(2, 2\)"):
        Condition(Z, LABEL[:2])


def test_vectors_have_zeros_for_what_is_missing():
    assert torch.equal(Condition(Z, LABEL).vectors(SIZES), torch.cat([Z, LABEL], dim=1))
    assert torch.equal(Condition(z=Z).vectors(SIZES), torch.cat([Z, 0 * LABEL], dim=1))
    assert torch.equal(Condition(Z, LABEL).vectors(SIZES._replace(label=0)), Z)
    assert UNCONDITIONAL.vectors(SIZES) is None
