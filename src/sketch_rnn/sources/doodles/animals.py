"""How people doodle a bird, a cat and a fish. Bird and fish look to the left, as most do."""

from __future__ import annotations

from sketch_rnn.sources.doodles.hand import Hand, arc, arch, bow


def bird(hand: Hand) -> None:
    """Draws a bird from the side: body and tail, beak, eye, wing, legs."""
    hand.mirrored = hand.chance(0.2)
    hand.tilt = hand.around(0.05, 0.1)
    belly = hand.between(0.26, 0.4)
    _bird_body(hand, belly)
    hand.next_part()
    beak = complex(hand.around(-30, 5), hand.around(6, 4))
    hand.path(-92 - 50j, -96 - 40j + beak, -94 - 22j)
    hand.next_part()
    _eye(hand, complex(hand.around(-74, 4), hand.around(-46, 4)), 9)
    hand.next_part()
    _bird_wing(hand)
    hand.next_part()
    _bird_legs(hand, 20 + 105 * belly)


def _bird_body(hand: Hand, belly: float) -> None:
    tail = complex(hand.around(112, 10), hand.around(-22, 14))
    spread = hand.between(16, 34)
    notch = [tail + complex(-14, spread * 0.5)] if hand.chance(0.3) else []
    head = hand.between(0.5, 0.68)
    hand.outline(
        arch(-92 - 48j, -36 - 46j, head, 0.2),
        bow(-36 - 46j, 62 - 8j, hand.around(0.08, 0.06)),
        tail,
        *notch,
        tail + complex(-4, spread),
        bow(58 + 22j, -92 - 20j, belly, hand.around(0, 0.05)),
    )


def _bird_wing(hand: Hand) -> None:
    shoulder = complex(hand.around(-22, 6), hand.around(-8, 4))
    style = hand.pick(("folded", "raised", "open"), (0.65, 0.2, 0.15))
    if style == "folded":
        tip = complex(hand.around(52, 8), hand.around(2, 6))
        hand.outline(
            bow(shoulder, tip, -hand.between(0.3, 0.45), -0.08),
            bow(tip, shoulder, hand.around(-0.1, 0.05)),
        )
    elif style == "raised":
        tip = complex(hand.around(48, 14), hand.around(-108, 10))
        hand.outline(
            bow(shoulder, tip, hand.around(0.12, 0.05)),
            bow(tip, 30 + hand.around(0, 5) + 2j, hand.around(0.2, 0.06)),
        )
    else:
        tip = complex(hand.around(46, 8), hand.around(8, 6))
        hand.outline(bow(shoulder, tip, -hand.between(0.35, 0.5)))


def _bird_legs(hand: Hand, top: float) -> None:
    length, toes = hand.between(26, 42), hand.chance(0.45)
    for x in (hand.around(-18, 5), hand.around(12, 5)):
        foot = complex(x + hand.around(-3, 3), top + length)
        if toes:
            hand.path(complex(x, top), foot, foot + complex(-hand.between(12, 18), 3))
        else:
            hand.line(complex(x, top), foot)


def cat(hand: Hand) -> None:
    """Draws a cat's face, ears up and whiskers out; sometimes the whole cat sits."""
    sits = hand.chance(0.25)
    centre, height = (-46j, hand.between(47, 54)) if sits else (0j, hand.between(74, 88))
    width = height * hand.between(1.08, 1.32)
    if hand.chance(0.6):
        _cat_head_in_one_stroke(hand, centre, width, height)
    else:
        _cat_head_and_ears(hand, centre, width, height)
    hand.next_part()
    _cat_eyes(hand, centre, width, height)
    hand.next_part()
    _cat_muzzle(hand, centre, width, height, simple=sits)
    hand.next_part()
    _whiskers(hand, centre, width, height, 2 if sits else hand.pick((2, 3), (0.5, 0.5)))
    if sits:
        hand.next_part()
        _cat_body(hand, centre + 0.85j * height)


def _cat_head_in_one_stroke(hand: Hand, centre: complex, width: float, height: float) -> None:
    ear, lean = hand.between(1.3, 1.65), hand.around(0.85, 0.1)
    left, right = hand.around(0, 0.06), hand.around(0, 0.06)
    crown = hand.between(0.26, 0.36)
    round_face = arc(centre, width, height, -0.5, 3.64)
    hand.outline(
        round_face[-1],
        centre + complex(-lean * width, -(ear + left) * height),
        bow(
            centre + complex(-crown * width, -0.88 * height),
            centre + complex(crown * width, -0.88 * height),
            hand.around(0.04, 0.04),
        ),
        centre + complex(lean * width, -(ear + right) * height),
        round_face,
    )


def _cat_head_and_ears(hand: Hand, centre: complex, width: float, height: float) -> None:
    hand.ring(centre, width, height)
    ear, lean = hand.between(1.3, 1.65), hand.around(0.8, 0.1)
    for side in (-1, 1):
        hand.path(
            centre + complex(side * 0.88 * width, -0.47 * height),
            centre + complex(side * lean * width, -(ear + hand.around(0, 0.06)) * height),
            centre + complex(side * hand.around(0.34, 0.05) * width, -0.92 * height),
        )


def _cat_eyes(hand: Hand, centre: complex, width: float, height: float) -> None:
    apart = hand.between(0.34, 0.46) * width
    up = hand.between(0.12, 0.3) * height
    style = hand.pick(("dots", "rings", "smiling"), (0.65, 0.15, 0.2))
    size = height * hand.between(0.13, 0.2)
    for side in (-1, 1):
        eye = centre + complex(side * apart, -up)
        if style == "dots":
            hand.dot(eye, size)
        elif style == "rings":
            hand.ring(eye, size * 0.7, size)
        else:
            hand.bow(eye - size, eye + size, 0.45)


def _cat_muzzle(hand: Hand, centre: complex, width: float, height: float, *, simple: bool) -> None:
    nose = centre + 1j * hand.between(0.12, 0.24) * height
    half, deep = 0.13 * height, 0.15 * height
    if not simple and hand.chance(0.75):
        hand.path(nose - half, nose + half, nose + 1j * deep, nose - half)
    lip = nose + 1j * (deep + hand.between(0.06, 0.14) * height)
    reach, sag = hand.between(0.2, 0.34) * width, -hand.between(0.25, 0.45)
    if simple or hand.chance(0.2):
        hand.bow(lip - reach, lip + reach, sag)
    else:
        hand.outline(bow(lip - reach, lip, sag), bow(lip, lip + reach, sag))


def _whiskers(hand: Hand, centre: complex, width: float, height: float, num: int) -> None:
    start, end = hand.between(0.5, 0.62) * width, hand.between(1.2, 1.45) * width
    middle, fan = hand.between(0.15, 0.3) * height, hand.between(0.22, 0.4) * height
    for side in (-1, 1):
        for k in range(num):
            rise = (k - (num - 1) / 2) * fan
            hand.line(
                centre + complex(side * start, middle + rise * 0.5),
                centre + complex(side * end, middle + rise * 1.3 + hand.around(0, 3)),
            )


def _cat_body(hand: Hand, neck: complex) -> None:
    floor, broad = 118.0, hand.between(40, 56)
    hand.outline(
        bow(neck - 24, complex(-broad, floor), hand.around(-0.08, 0.05)),
        complex(broad, floor),
        bow(complex(broad, floor), neck + 24, hand.around(-0.08, 0.05)),
    )
    root = complex(broad, floor - 10)
    bend = root + complex(hand.between(34, 52), -hand.between(20, 45))
    tip = bend + complex(hand.around(0, 12), -hand.between(25, 45))
    hand.outline(bow(root, bend, -0.25), bow(bend, tip, hand.around(0.1, 0.2)))


def fish(hand: Hand) -> None:
    """Draws a fish from the side: body and tail in one stroke or two, eye, gill and fins."""
    hand.mirrored = hand.chance(0.2)
    height = hand.between(44, 66)
    if hand.chance(0.55):
        _fish_in_one_stroke(hand, height)
    else:
        _fish_and_tail(hand, height)
    hand.next_part()
    _eye(hand, complex(hand.around(-82, 5), hand.around(-0.25, 0.06) * height), 10)
    hand.next_part()
    if hand.chance(0.75):
        x, half = hand.around(-52, 5), hand.between(0.4, 0.6) * height
        hand.bow(complex(x, -half), complex(x, half), hand.between(0.15, 0.3))
    if hand.chance(0.5):
        hand.line(complex(-112, 0.13 * height), complex(hand.around(-90, 4), 0.22 * height))
    hand.next_part()
    _fins(hand, height)


def _fish_in_one_stroke(hand: Hand, height: float) -> None:
    up, down = hand.between(34, 54), hand.between(34, 54)
    tail, joint = hand.around(116, 6), complex(hand.around(62, 5), 0)
    bulge, nose = height / 175, -118 + 0j
    lean = hand.around(0.04, 0.04)
    hand.outline(
        complex(tail, -up),
        bow(joint, nose, bulge, lean),
        bow(nose, joint, bulge, -lean),
        complex(tail, down),
        bow(complex(tail, down), complex(tail, -up), hand.around(0.15, 0.1)),
    )


def _fish_and_tail(hand: Hand, height: float) -> None:
    hand.ring(complex(-30, 0), 88, height)
    up, down = hand.between(32, 50), hand.between(32, 50)
    tail = hand.around(112, 6)
    notch = [complex(tail - 16, 2)] if hand.chance(0.4) else []
    hand.path(56 - 4j, complex(tail, -up), *notch, complex(tail, down), 56 + 5j)


def _fins(hand: Hand, height: float) -> None:
    if hand.chance(0.7):
        rise = hand.between(22, 36)
        hand.outline(
            bow(complex(-48, -0.94 * height), complex(12, -0.9 * height - rise), 0.12),
            complex(hand.around(16, 5), -0.8 * height),
        )
    if hand.chance(0.45):
        hand.outline(arch(-24 + 6j, -24 + 30j, hand.between(0.9, 1.3)))
    if hand.chance(0.3):
        for x in (hand.around(4, 4), hand.around(30, 4)):
            hand.bow(complex(x, -0.45 * height), complex(x, 0.45 * height), 0.2)


def _eye(hand: Hand, centre: complex, size: float) -> None:
    if hand.chance(0.65):
        hand.dot(centre, size)
    else:
        hand.ring(centre, size * 0.75)
