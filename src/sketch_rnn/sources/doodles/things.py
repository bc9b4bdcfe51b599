"""How people doodle a bus, a chair, a house, a ladder and an umbrella."""

from __future__ import annotations

import math
from itertools import pairwise

from sketch_rnn.sources.doodles.hand import Hand, arc, arch, bow


def bus(hand: Hand) -> None:
    """Draws a bus from the side: body, windows, wheels, sometimes door and headlight."""
    hand.mirrored = hand.chance(0.2)
    hand.tilt = hand.around(0, 0.03)
    top, bottom = -hand.between(52, 72), hand.between(40, 50)
    _bus_body(hand, top, bottom)
    hand.next_part()
    _bus_windows(hand, top)
    hand.next_part()
    radius = hand.between(17, 25)
    apart = hand.between(58, 76)
    for x in (-apart, apart + hand.around(0, 5)):
        hand.ring(complex(x, bottom + radius * 0.2), radius)
    if hand.chance(0.2):
        for x in (-apart, apart):
            hand.dot(complex(x, bottom + radius * 0.2), 8)
    if hand.chance(0.25):
        hand.next_part()
        hand.line(complex(-116, -4), complex(116, hand.around(-4, 3)))


def _bus_body(hand: Hand, top: float, bottom: float) -> None:
    style = hand.pick(("box", "round", "nose"), (0.5, 0.3, 0.2))
    if style == "box":
        hand.box(complex(-120, top), complex(120, bottom))
        return
    cut = hand.between(12, 22)
    corners = [complex(-120 + cut, top), complex(-120, top + cut), complex(-120, bottom)]
    if style == "nose":
        hood = hand.between(-18, 0)
        nose = hand.between(-92, -78)
        corners = [complex(nose, top), complex(nose, hood), complex(-120, hood + 6)]
        corners.append(complex(-120, bottom))
    right = [complex(120, bottom), complex(120, top + cut), complex(120 - cut, top)]
    hand.path(*corners, *right, corners[0] + hand.around(0, 4))


def _bus_windows(hand: Hand, top: float) -> None:
    head, sill = top + hand.between(14, 20), hand.between(-16, -6)
    left, right = -104.0 + hand.between(0, 30), 104.0
    if hand.chance(0.5):
        num = hand.count(3, 4)
        pitch = (right - left) / num
        wide = pitch * hand.between(0.62, 0.8)
        for k in range(num):
            x = left + pitch * k + hand.around(0, 2)
            hand.box(complex(x, head), complex(x + wide, sill + hand.around(0, 2)))
        return
    hand.box(complex(left, head), complex(right, sill))
    num = hand.count(3, 6)
    for k in range(1, num):
        x = left + (right - left) * k / num + hand.around(0, 2)
        hand.line(complex(x, head), complex(x, sill))


def chair(hand: Hand) -> None:
    """Draws a chair: seen from a corner, from the side or from the front."""
    hand.mirrored = hand.chance(0.2)
    view = hand.pick((_chair_corner, _chair_side, _chair_front), (0.6, 0.22, 0.18))
    view(hand)


def _chair_corner(hand: Hand) -> None:
    wide, deep = hand.between(88, 118), hand.between(32, 54)
    lift, seat = hand.between(30, 42), hand.around(5, 5)
    back_left = complex(-(wide + deep) / 2 + 4, seat)
    back_right = back_left + wide
    front_left, front_right = back_left + complex(deep, lift), back_right + complex(deep, lift)
    high = complex(-hand.between(0, 18), -hand.between(92, 118))
    hand.path(back_left, back_left + high, back_right + high, back_right)
    hand.next_part()
    hand.path(back_left, back_right, front_right, front_left, back_left + hand.around(0, 2))
    hand.next_part()
    _slats(hand, back_left, back_right, high)
    hand.next_part()
    leg = hand.between(62, 80)
    for top in (front_left, front_right):
        hand.line(top, top + complex(hand.around(0, 3), leg))
    hand.line(back_left, back_left + complex(hand.around(0, 3), leg))
    hidden = 1j * lift * hand.between(0.95, 1.1)
    hand.line(back_right + hidden, back_right + complex(hand.around(0, 3), leg))


def _slats(hand: Hand, left: complex, right: complex, high: complex) -> None:
    style = hand.pick(("upright", "across", "none"), (0.45, 0.35, 0.2))
    if style == "none":
        return
    num = hand.count(1, 3)
    for k in range(1, num + 1):
        share = k / (num + 1)
        if style == "upright":
            foot = left + (right - left) * share
            hand.line(foot + high, foot)
        else:
            rise = high * (1 - share * 0.85)
            hand.line(left + rise, right + rise)


def _chair_side(hand: Hand) -> None:
    deep, seat = hand.between(92, 122), hand.around(10, 6)
    back, front = -deep / 2, deep / 2
    floor = hand.between(104, 116)
    rake = hand.between(0, 18)
    hand.path(complex(back - rake, -118), complex(back, seat), complex(back, floor))
    thick = hand.between(10, 16)
    hand.next_part()
    if hand.chance(0.6):
        hand.box(complex(back, seat), complex(front, seat + thick))
        hand.next_part()
        hand.line(complex(front - 3, seat + thick), complex(front, floor))
    else:
        hand.path(complex(back, seat), complex(front, seat), complex(front, floor))
    hand.next_part()
    if hand.chance(0.4):
        low = seat + (floor - seat) * hand.between(0.5, 0.7)
        hand.line(complex(back, low), complex(front, low))
    if hand.chance(0.5):
        hand.path(
            complex(back - rake, -118),
            complex(back - rake + thick, -116),
            complex(back + thick, seat),
        )


def _chair_front(hand: Hand) -> None:
    half, seat, high = hand.between(54, 72), hand.around(16, 6), -hand.between(96, 116)
    narrow = half * hand.between(0.78, 0.95)
    top = [complex(-narrow, seat), complex(-narrow, high), complex(narrow, high)]
    if hand.chance(0.3):
        hand.outline(top[0], bow(top[1], top[2], hand.between(0.12, 0.25)), complex(narrow, seat))
    else:
        hand.path(*top, complex(narrow, seat))
    hand.next_part()
    thick = hand.between(16, 26)
    hand.box(complex(-half, seat), complex(half, seat + thick))
    hand.next_part()
    _slats(hand, complex(-narrow, seat), complex(narrow, seat), complex(0, high - seat))
    hand.next_part()
    for side in (-1, 1):
        foot = complex(side * half * hand.around(0.98, 0.06), hand.around(112, 4))
        hand.line(complex(side * half * 0.92, seat + thick), foot)


def house(hand: Hand) -> None:
    """Draws a house: walls, roof, door, windows, often a chimney."""
    half, eaves, floor = hand.between(68, 88), hand.around(-14, 8), hand.around(106, 6)
    hand.box(complex(-half, eaves), complex(half, floor))
    hand.next_part()
    over, ridge = hand.between(0, 20), -hand.between(92, 118)
    flat = half * hand.between(0.45, 0.65) if hand.chance(0.2) else 0.0
    crest = [complex(-flat, ridge), complex(flat, ridge)] if flat else [complex(0, ridge)]
    hand.path(complex(-half - over, eaves), *crest, complex(half + over, eaves))
    hand.next_part()
    left_door = hand.chance(0.3)
    _door(hand, -half * 0.55 if left_door else 0.0, floor)
    hand.next_part()
    _house_windows(hand, half, eaves, left_door=left_door)
    hand.next_part()
    if hand.chance(0.6):
        slope = 0.0 if flat else (eaves - ridge) / (half + over)
        _chimney(hand, ridge, slope)


def _door(hand: Hand, middle: float, floor: float) -> None:
    half, high = hand.between(13, 20), hand.between(48, 64)
    left, right = complex(middle - half, floor), complex(middle + half, floor)
    if hand.chance(0.2):
        rise = 1j * (high - half)
        hand.outline(left, arch(left - rise, right - rise, 0.5), right)
    else:
        hand.path(left, left - 1j * high, right - 1j * high, right)
    if hand.chance(0.3):
        hand.dot(complex(middle + half * 0.45, floor - high * 0.45), 7)


def _house_windows(hand: Hand, half: float, eaves: float, *, left_door: bool) -> None:
    size = hand.between(24, 32)
    places = [half * 0.6] if left_door or hand.chance(0.35) else [-half * 0.6, half * 0.6]
    crossed = hand.chance(0.6)
    for x in places:
        middle = complex(x, eaves + hand.around(36, 5))
        corner = complex(size, size * hand.around(1, 0.1)) / 2
        hand.box(middle - corner, middle + corner)
        if crossed:
            hand.line(middle - 1j * corner.imag, middle + 1j * corner.imag)
            hand.line(middle - corner.real, middle + corner.real)


def _chimney(hand: Hand, ridge: float, slope: float) -> None:
    left = hand.between(16, 30) if slope else hand.between(4, 16)
    right = left + hand.between(16, 24)
    top = ridge + (hand.around(2, 8) if slope else hand.around(-24, 5))
    hand.path(
        complex(left, ridge + slope * left),
        complex(left, top),
        complex(right, top),
        complex(right, ridge + slope * right),
    )
    if hand.chance(0.3):
        start = complex((left + right) / 2, top - 8)
        bend = start + complex(hand.around(14, 5), -hand.between(16, 24))
        hand.outline(bow(start, bend, 0.4), bow(bend, bend + complex(12, -20), -0.4))


def ladder(hand: Hand) -> None:
    """Draws a ladder, upright or leaning: two rails and rungs; some stand on four legs."""
    if hand.chance(0.12):
        _step_ladder(hand)
        return
    hand.mirrored = hand.chance(0.3)
    hand.tilt = hand.pick((hand.around(0, 0.08), hand.around(0.3, 0.16)), (0.6, 0.4))
    foot, narrowing = hand.between(32, 48), hand.between(0.75, 1.02)
    _rails_and_rungs(hand, 0.0, 0.0, foot, foot * narrowing)


def _step_ladder(hand: Hand) -> None:
    lean, half = hand.between(62, 84), hand.between(28, 38)
    _rails_and_rungs(hand, -lean * 0.6, lean * 0.2, half, half * 0.7)
    hand.next_part()
    hand.line(complex(lean * 0.2 + half * 0.7, -116), complex(lean + half * 1.1, 112))
    hand.line(complex(lean * 0.2, -118), complex(lean - half * 0.4, 98))


def _rails_and_rungs(hand: Hand, foot: float, head: float, low: float, high: float) -> None:
    """Draws rails from x `head` to `foot`, `high` and `low` apart from it, and the rungs."""
    feet = [complex(foot + side * low, 120) for side in (-1, 1)]
    heads = [complex(head + side * high, -120) for side in (-1, 1)]
    upwards = hand.chance(0.2)
    for bottom, top in zip(feet, heads, strict=True):
        hand.line(*((bottom, top) if upwards else (top, bottom)))
    hand.next_part()
    num = hand.count(5, 9)
    first, last = hand.between(0.06, 0.13), hand.between(0.87, 0.95)
    over = hand.around(0.0, 0.04)
    for k in range(num):
        share = first + (last - first) * k / (num - 1) + hand.around(0, 0.008)
        share = 1 - share if upwards else share
        left = heads[0] + (feet[0] - heads[0]) * share
        right = heads[1] + (feet[1] - heads[1]) * (share + hand.around(0, 0.012))
        way = (right - left) * over
        hand.line(left - way, right + way)


def umbrella(hand: Hand) -> None:
    """Draws an open umbrella: dome, scalloped rim, ribs, and the stick with its hook."""
    hand.tilt = hand.around(0, 0.2)
    hand.mirrored = hand.chance(0.25)
    wide, high, rim = hand.between(104, 120), hand.between(72, 98), hand.around(-8, 4)
    dome = arc(complex(0, rim), wide, high, math.pi, 2 * math.pi)
    hand.outline(dome)
    num = hand.pick((3, 4, 5), (0.35, 0.45, 0.2))
    hand.next_part()
    feet = [complex(-wide + 2 * wide * k / num, rim) for k in range(num + 1)]
    rise = hand.between(0.14, 0.26)
    hand.outline(*(bow(start, end, rise) for start, end in pairwise(feet)))
    hand.next_part()
    _stick(hand, rim - high, rim if hand.chance(0.65) else rim - high)
    hand.next_part()
    if hand.chance(0.6):
        for foot in feet[1:-1]:
            bulge = 0.22 * foot.real / wide
            hand.bow(complex(0, rim - high), foot, bulge)


def _stick(hand: Hand, top: float, start: float) -> None:
    floor, hook = hand.between(92, 108), hand.between(26, 44)
    hand.outline(complex(0, start - 8), arch(complex(0, floor), complex(-hook, floor), 0.5))
    if hand.chance(0.6):
        hand.line(complex(0, top), complex(0, top - hand.between(12, 22)))
