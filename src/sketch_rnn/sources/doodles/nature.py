"""How people doodle a flower, a leaf, the sun and a tree."""

from __future__ import annotations

import math
from itertools import pairwise

from sketch_rnn.sources.doodles.hand import TOP, Hand, arch, bow, polar


def flower(hand: Hand) -> None:
    """Draws a flower: a ring of petals or a tulip's cup, stem and leaves."""
    if hand.chance(0.25):
        _tulip(hand)
        top = -12.0
    else:
        head, radius = -46j, hand.between(18, 29)
        hand.ring(head, radius)
        hand.next_part()
        reach = _petals(hand, head, radius)
        top = head.imag + reach
    hand.next_part()
    sway = hand.around(0, 0.06)
    foot = complex(hand.around(0, 12), hand.around(112, 8))
    hand.bow(complex(0, top), foot, sway)
    hand.next_part()
    sides = hand.pick(((), (1,), (-1,), (-1, 1)), (0.12, 0.22, 0.16, 0.5))
    for side in sides:
        _flower_leaf(hand, complex(0, hand.around(90, 9)), side)


def _tulip(hand: Hand) -> None:
    half, rim = hand.between(42, 60), hand.around(-104, 8)
    left, right = complex(-half, rim), complex(half, rim)
    dip = hand.between(30, 46)
    hand.outline(
        bow(left, -12j, -0.32, 0.06),
        bow(-12j, right, -0.32, -0.06),
        complex(half * 0.5, rim + dip),
        complex(hand.around(0, 3), rim - hand.around(4, 5)),
        complex(-half * 0.5, rim + dip),
        left,
    )


def _petals(hand: Hand, head: complex, radius: float) -> float:
    """Draws petals around the head in one stroke; returns how far they reach."""
    num = hand.pick((5, 6, 7, 8), (0.45, 0.3, 0.15, 0.1))
    length = hand.between(36, 54)
    turn = (1 if hand.chance(0.7) else -1) * 2 * math.pi / num
    first = TOP - turn / 2 + hand.around(0, 0.25)
    feet = [head + polar(first + turn * k + hand.around(0, 0.06), radius) for k in range(num)]
    full = hand.between(0.1, 0.6)
    petals = []
    for start, end in pairwise([*feet, feet[0]]):
        bulge = length * hand.around(1, 0.08) / abs(end - start)
        petals.append(arch(start, end, bulge if turn > 0 else -bulge, full))
    hand.outline(*petals)
    return radius + 0.6 * length


def _flower_leaf(hand: Hand, root: complex, side: int) -> None:
    tip = root + complex(side * hand.between(46, 66), -hand.between(16, 44))
    hand.outline(
        bow(root, tip, side * hand.between(0.16, 0.3)),
        bow(tip, root, side * hand.between(0.16, 0.3)),
    )


def leaf(hand: Hand) -> None:
    """Draws a leaf on its stem: outline, midrib and veins; mostly pointing up to the right."""
    hand.tilt = hand.around(0.6, 0.4)
    hand.mirrored = hand.chance(0.2)
    style = hand.pick(("smooth", "lobed", "maple"), (0.76, 0.12, 0.12))
    half = hand.between(46, 72)
    if style == "maple":
        _maple(hand)
        return
    if style == "lobed":
        _lobed(hand, half)
    else:
        lean = hand.around(-0.07, 0.06)
        hand.outline(
            bow(78j, -112j, half / 190, lean),
            bow(-112j, 78j, half / 190, -lean),
        )
    hand.next_part()
    stem = complex(hand.around(0, 10), hand.around(122, 6))
    reach = hand.between(50, 76) if style == "lobed" else hand.between(70, 104)
    hand.bow(stem, complex(hand.around(0, 3), -reach), hand.around(0, 0.04))
    hand.next_part()
    if style == "smooth" and hand.chance(0.85):
        _veins(hand, half)


def _lobed(hand: Hand, half: float) -> None:
    left = [78j]
    for y, share in ((36, 0.42), (-14, 0.5), (-64, 0.36)):
        left.append(complex(-half * share, y + hand.around(0, 5)))
    right = [complex(-point.real, point.imag + hand.around(0, 4)) for point in left[::-1]]
    edge = [*left, *right]
    hand.outline(*(arch(start, end, hand.between(0.5, 0.65), 0.2) for start, end in pairwise(edge)))


def _maple(hand: Hand) -> None:
    joint, low, side = 54j, hand.around(0, 6), hand.around(0, 6)
    tips = [complex(-64, 72 + low), complex(-114, -14 + side), complex(-66, -74 + low)]
    dips = [complex(-50, 28), complex(-50, -22), complex(-26, -58)]
    left = [joint]
    for tip, dip in zip(tips, dips, strict=True):
        left += [tip * hand.around(1, 0.05), dip * hand.around(1, 0.08)]
    right = [complex(-p.real, p.imag + hand.around(0, 4)) for p in left[::-1]]
    hand.path(*left, complex(hand.around(0, 4), -116), *right)
    hand.next_part()
    hand.bow(complex(hand.around(0, 6), 122), -70j, hand.around(0, 0.05))
    if hand.chance(0.5):
        for tip in (tips[1], tips[2]):
            rib = (tip - joint) * hand.between(0.55, 0.7)
            hand.line(joint, joint + rib)
            hand.line(joint, joint - rib.conjugate())


def _veins(hand: Hand, half: float) -> None:
    num = hand.count(2, 5)
    rise, reach = hand.between(14, 34), hand.between(0.55, 0.9)
    sides = [(k, side) for k in range(num) for side in (-1, 1)]
    if hand.chance(0.3):
        sides.sort(key=lambda place: place[1])
    for k, side in sides:
        root = 58 - 140 * (k + 0.6) / (num + 0.2)
        share = (78 - root + rise) / 190
        out = max(half * 4 * share * (1 - share) * reach, 12) * hand.around(1, 0.1)
        hand.line(complex(0, root), complex(side * out, root - rise))


def sun(hand: Hand) -> None:
    """Draws the sun: a ring with rays around it, sometimes smiling."""
    radius = hand.between(42, 66)
    hand.ring(0, radius, radius * hand.around(1, 0.05))
    hand.next_part()
    if hand.chance(0.15):
        _spikes(hand, radius)
    else:
        _rays(hand, radius)
    if hand.chance(0.25):
        hand.next_part()
        _smile(hand, radius)


def _rays(hand: Hand, radius: float) -> None:
    num = hand.pick((7, 8, 9, 10, 11, 12), (0.1, 0.4, 0.15, 0.15, 0.08, 0.12))
    turn = (1 if hand.chance(0.75) else -1) * 2 * math.pi / num
    first = TOP + hand.around(0, 0.15)
    inner = radius * hand.between(1.08, 1.35)
    shorter = hand.between(0.55, 0.75) if num % 2 == 0 and hand.chance(0.2) else 1.0
    inwards = hand.chance(0.15)
    for k in range(num):
        angle = first + turn * k + hand.around(0, 0.06)
        length = (118 - inner) * (shorter if k % 2 else 1.0) * hand.around(1, 0.1)
        ends = polar(angle, inner), polar(angle, inner + length)
        hand.line(*(ends[::-1] if inwards else ends))


def _spikes(hand: Hand, radius: float) -> None:
    num = hand.count(8, 11)
    turn = math.pi / num
    inner = radius * hand.between(1.1, 1.25)
    radii = [inner if k % 2 else 112 * hand.around(1, 0.05) for k in range(2 * num)]
    points = [polar(TOP + turn * k, r) for k, r in enumerate(radii)]
    hand.path(*points, points[0] + hand.around(0, 4))


def _smile(hand: Hand, radius: float) -> None:
    apart, up = radius * hand.between(0.3, 0.42), radius * hand.between(0.15, 0.3)
    for side in (-1, 1):
        hand.dot(complex(side * apart, -up), radius * 0.16)
    mouth = radius * hand.between(0.36, 0.5)
    down = 1j * radius * hand.between(0.2, 0.32)
    hand.bow(down - mouth, down + mouth, -hand.between(0.25, 0.4))


def tree(hand: Hand) -> None:
    """Draws a tree: a cloud, a ball or a fir's steps for a crown, and a trunk."""
    style = hand.pick(("cloud", "ball", "fir"), (0.55, 0.2, 0.25))
    if style == "fir":
        foot = _fir(hand)
    else:
        middle, width, height = -38j, hand.between(70, 94), hand.between(62, 80)
        if style == "cloud":
            _cloud(hand, middle, width, height)
        else:
            hand.ring(middle, width, height)
        foot = middle.imag + height * 0.96
    hand.next_part()
    _trunk(hand, foot, flared=style != "fir" and hand.chance(0.5))
    hand.next_part()
    if style != "fir" and hand.chance(0.25):
        for angle in (3.6, 5.6, 0.6, 2.2)[: hand.count(3, 4)]:
            spot = polar(angle + hand.around(0, 0.3), hand.between(24, 42))
            hand.ring(-38j + spot, hand.between(7, 9))


def _cloud(hand: Hand, middle: complex, width: float, height: float) -> None:
    num = hand.count(6, 8)
    first = math.pi / 2 + hand.around(0, 0.2)
    feet = []
    for k in range(num + 1):
        around = polar(first + 2 * math.pi * k / num + hand.around(0, 0.1), 1)
        feet.append(middle + complex(width * around.real, height * around.imag) * 0.88)
    hand.outline(*(bow(start, end, hand.between(0.32, 0.5)) for start, end in pairwise(feet)))


def _fir(hand: Hand) -> float:
    num = hand.pick((2, 3, 4), (0.2, 0.6, 0.2))
    top, bottom, half = -118.0, hand.between(62, 80), hand.between(62, 86)
    step = (bottom - top) / num
    left = [complex(0, top)]
    for k in range(1, num + 1):
        out = half * (0.45 + 0.55 * k / num)
        left.append(complex(-out, top + step * k + hand.around(0, 3)))
        if k < num:
            left.append(complex(-out * hand.between(0.42, 0.52), top + step * k - 2))
    right = [complex(-p.real * hand.around(1, 0.05), p.imag) for p in left[:0:-1]]
    hand.path(*left, *right, complex(hand.around(0, 3), top + hand.around(0, 3)))
    return bottom


def _trunk(hand: Hand, top: float, *, flared: bool) -> None:
    half, floor = hand.between(12, 22), hand.between(112, 122)
    flare = hand.between(8, 16) if flared else 0.0
    foot = half + hand.around(1, 2)
    if not flared and hand.chance(0.5):
        left, right = complex(-foot, floor), complex(foot, floor)
        hand.path(complex(-half, top), left, right, complex(half, top))
        return
    for side in (-1, 1):
        ankle = [complex(side * half * 0.95, floor - 22)] if flared else []
        hand.path(complex(side * half, top), *ankle, complex(side * (foot + flare), floor))
