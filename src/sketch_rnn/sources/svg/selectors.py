"""CSS selectors: compounds of conditions on one element, joined by combinators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element

_MAX_NESTING: Final = 3
_COMBINATORS: Final = (">", "+", "~")
_NEVER: Final = ("hover", "active", "focus", "focus-within", "focus-visible", "target", "visited")


class Node(NamedTuple):
    """An element and its position: `position` among `siblings`; the root has no parent."""

    element: Element
    tag: str
    position: int
    siblings: int
    is_root: bool


Test = Callable[[Node], bool]


class Compound(NamedTuple):
    """Conditions on one element; `tag` is empty where any will do."""

    tag: str
    ids: frozenset[str]
    classes: frozenset[str]
    tests: tuple[Test, ...]

    def matches(self, node: Node) -> bool:
        """Whether an element meets all conditions."""
        element = node.element
        return (
            self.tag in ("", node.tag)
            and self.ids <= {element.get("id", "")}
            and (not self.classes or self.classes <= set(element.get("class", "").split()))
            and all(test(node) for test in self.tests)
        )


class Selector(NamedTuple):
    """Compounds, the combinator before each ("" before the first), and the specificity."""

    compounds: tuple[Compound, ...]
    combinators: tuple[str, ...]
    specificity: tuple[int, int, int]


class NotUnderstoodError(ValueError):
    """A selector is invalid, or of a kind that is not matched."""


def selectors_of(tokens: Sequence[Any], depth: int = 0) -> list[Selector]:
    """The selectors of a list separated by commas.

    Args:
        tokens: component values of `tinycss2`.
        depth: how many pseudo-classes are around it.

    Raises:
        NotUnderstoodError: if one is invalid, which makes the whole list invalid.
    """
    if depth > _MAX_NESTING:
        raise NotUnderstoodError("selectors too deeply nested")
    parts: list[list[Any]] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        elif token.type != "comment":
            parts[-1].append(token)
    return [_selector(part, depth) for part in parts]


def _selector(tokens: list[Any], depth: int) -> Selector:
    compounds: list[list[Any]] = []
    combinators: list[str] = []
    waiting = ""
    for token in tokens:
        if token.type == "whitespace":
            waiting = waiting or " "
        elif token.type == "literal" and token.value in _COMBINATORS:
            if not compounds or waiting.strip():
                raise NotUnderstoodError("a combinator with nothing before it")
            waiting = token.value
        elif not compounds or waiting:
            combinators.append(waiting if compounds else "")
            compounds.append([token])
            waiting = ""
        else:
            compounds[-1].append(token)
    if not compounds or waiting.strip():
        raise NotUnderstoodError("no selector")
    parts = [_compound(part, depth) for part in compounds]
    weights = [weight for _, weight in parts]
    a, b, c = (sum(weight[i] for weight in weights) for i in range(3))
    return Selector(tuple(part for part, _ in parts), tuple(combinators), (a, b, c))


def _compound(tokens: list[Any], depth: int) -> tuple[Compound, tuple[int, int, int]]:
    tag = ""
    ids: set[str] = set()
    classes: set[str] = set()
    tests: list[Test] = []
    weight = [0, 0, 0]
    rest = iter(tokens)
    for position, token in enumerate(rest):
        if token.type == "ident" and position == 0:
            tag = token.value
            weight[2] += 1
        elif token.type == "literal" and token.value == "*" and position == 0:
            continue
        elif token.type == "hash":
            ids.add(token.value)
            weight[0] += 1
        elif token.type == "literal" and token.value == ".":
            classes.add(_name(next(rest, None)))
            weight[1] += 1
        elif token.type == "[] block":
            tests.append(_attribute(token.content))
            weight[1] += 1
        elif token.type == "literal" and token.value == ":":
            test, more = _pseudo(next(rest, None), depth)
            tests.append(test)
            weight = [own + other for own, other in zip(weight, more, strict=True)]
        else:
            raise NotUnderstoodError("a selector that is not understood")
    found = Compound(tag, frozenset(ids), frozenset(classes), tuple(tests))
    return found, (weight[0], weight[1], weight[2])


def _name(token: Any) -> str:
    if token is None or token.type != "ident":
        raise NotUnderstoodError("a class without a name")
    return str(token.value)


def _attribute(content: list[Any]) -> Test:
    tokens = [token for token in content if token.type not in ("whitespace", "comment")]
    name = _name(tokens[0] if tokens else None)
    if len(tokens) == 1:
        return lambda node: name in node.element.attrib
    if len(tokens) not in (3, 4) or tokens[1].type != "literal":
        raise NotUnderstoodError("an attribute selector that is not understood")
    if tokens[2].type not in ("ident", "string"):
        raise NotUnderstoodError("an attribute selector without a value")
    compare = _COMPARISONS.get(tokens[1].value)
    if compare is None:
        raise NotUnderstoodError("an attribute selector that is not understood")
    folds = len(tokens) == 4 and getattr(tokens[3], "lower_value", "") == "i"
    wanted = tokens[2].value.lower() if folds else tokens[2].value

    def test(node: Node) -> bool:
        given = node.element.get(name)
        return given is not None and compare(given.lower() if folds else given, wanted)

    return test


_COMPARISONS: Final[dict[str, Callable[[str, str], bool]]] = {
    "=": lambda given, wanted: given == wanted,
    "~=": lambda given, wanted: wanted in given.split(),
    "|=": lambda given, wanted: given == wanted or given.startswith(f"{wanted}-"),
    "^=": lambda given, wanted: bool(wanted) and given.startswith(wanted),
    "$=": lambda given, wanted: bool(wanted) and given.endswith(wanted),
    "*=": lambda given, wanted: bool(wanted) and wanted in given,
}


def _pseudo(token: Any, depth: int) -> tuple[Test, tuple[int, int, int]]:
    """The test of a pseudo-class and its specificity."""
    if token is not None and token.type == "ident":
        name = token.lower_value
        if name in _NEVER:
            return lambda node: False, (0, 1, 0)
        if name in _STRUCTURAL:
            return _STRUCTURAL[name], (0, 1, 0)
    elif token is not None and token.type == "function":
        name = token.lower_name
        if name in ("not", "is", "where"):
            return _listed(name, token.arguments, depth)
        if name in ("nth-child", "nth-last-child"):
            return _nth(token.arguments, from_end="last" in name), (0, 1, 0)
    raise NotUnderstoodError("a pseudo-class that is not understood")


_STRUCTURAL: Final[dict[str, Test]] = {
    "root": lambda node: node.is_root,
    "first-child": lambda node: node.position == 0,
    "last-child": lambda node: node.position == node.siblings - 1,
    "only-child": lambda node: node.siblings == 1,
    "empty": lambda node: not len(node.element) and not node.element.text,
    "enabled": lambda node: False,
}


def _listed(name: str, arguments: list[Any], depth: int) -> tuple[Test, tuple[int, int, int]]:
    found = selectors_of(arguments, depth + 1)
    if any(len(selector.compounds) > 1 for selector in found):
        raise NotUnderstoodError(f":{name}() with combinators")
    compounds = [selector.compounds[0] for selector in found]
    weight = (0, 0, 0) if name == "where" else max(selector.specificity for selector in found)
    wanted = name != "not"
    return lambda node: any(part.matches(node) for part in compounds) is wanted, weight


def _nth(arguments: list[Any], *, from_end: bool) -> Test:
    import tinycss2.nth  # noqa: PLC0415

    formula = tinycss2.nth.parse_nth(arguments)
    if formula is None:
        raise NotUnderstoodError("an nth-child that is not understood")
    step, start = formula

    def test(node: Node) -> bool:
        place = node.siblings - node.position if from_end else node.position + 1
        away = place - start
        return bool(away == 0 if step == 0 else away % step == 0 and away // step >= 0)

    return test
