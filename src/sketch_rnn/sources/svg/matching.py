"""Matches selectors against a whole tree in one bounded pass.

Every compound of every selector is a state. An element is in a state if it matches the compound
and its ancestors or earlier siblings are in the states before. Each element is visited once, so the
work grows with elements times states and never with the depth of the nesting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from sketch_rnn.io.budget import Meter
from sketch_rnn.sources.svg.elements import tag_of
from sketch_rnn.sources.svg.selectors import Compound, Node, Selector


def matching(top: Element, states: States, *, is_root: bool) -> dict[Element, list[int]]:
    """The indices of the selectors that match each element, where any does.

    Args:
        top: the outermost element.
        states: of the selectors of its style sheets.
        is_root: whether `top` is the root of a document, and not that of a copy.
    """
    found: dict[Element, list[int]] = {}
    # A level holds siblings still to visit, and the states of their ancestors and of siblings.
    stack = [_Level(_nodes([top], is_root=is_root), 0, 0)]
    while stack:
        level = stack[-1]
        node = next(level.nodes, None)
        if node is None:
            stack.pop()
            continue
        here = states.of(node, level)
        matched = [states.ends[state] for state in _bits(here & states.end_mask)]
        if matched:
            found[node.element] = matched
        level.before |= level.previous
        level.previous = here
        stack.append(_Level(_nodes(list(node.element)), here, level.above | level.parent))
    return found


class _Level:
    def __init__(self, nodes: Iterator[Node], parent: int, above: int) -> None:
        self.nodes, self.parent, self.above = nodes, parent, above
        self.previous = self.before = 0


class States:
    """All compounds, found by what an element must have for one to match.

    Args:
        selectors: of the style sheets.
        meter: pays for selectors and for each test of one on an element.
    """

    def __init__(self, selectors: Sequence[Selector], meter: Meter) -> None:
        self._compounds: list[tuple[Compound, str]] = []
        self.ends: dict[int, int] = {}
        self.end_mask = 0
        self._by_key: dict[tuple[str, str], list[int]] = {}
        self._meter = meter
        meter.spend("style selectors", sum(len(selector.compounds) for selector in selectors))
        for number, selector in enumerate(selectors):
            for pair in zip(selector.compounds, selector.combinators, strict=True):
                self._by_key.setdefault(_key(pair[0]), []).append(len(self._compounds))
                self._compounds.append(pair)
            self.ends[len(self._compounds) - 1] = number
            self.end_mask |= 1 << (len(self._compounds) - 1)

    def of(self, node: Node, level: _Level) -> int:
        """The states of an element as bits."""
        keys = [("id", node.element.get("id", "")), ("tag", node.tag), ("", "")]
        keys += [("class", name) for name in set(node.element.get("class", "").split())]
        before = {
            " ": level.above | level.parent,
            ">": level.parent,
            "+": level.previous,
            "~": level.before | level.previous,
        }
        here = 0
        for key in keys:
            candidates = self._by_key.get(key, ())
            self._meter.spend("style rule tests", len(candidates))
            for state in candidates:
                compound, combinator = self._compounds[state]
                if combinator and not before[combinator] >> (state - 1) & 1:
                    continue
                if compound.matches(node):
                    here |= 1 << state
        return here


def _key(compound: Compound) -> tuple[str, str]:
    if compound.ids:
        return "id", min(compound.ids)
    if compound.classes:
        return "class", min(compound.classes)
    return ("tag", compound.tag) if compound.tag else ("", "")


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _nodes(elements: list[Element], *, is_root: bool = False) -> Iterator[Node]:
    own = [element for element in elements if isinstance(element.tag, str)]
    for index, element in enumerate(own):
        yield Node(element, tag_of(element), index, len(own), is_root)
