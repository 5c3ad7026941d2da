def score(shape):
    match shape:
        case {"kind": "circle", "r": r}:
            return r * 3
        case {"kind": "square", "side": s}:
            return s * s
        case [a, b] if a == b:
            return a * 2
        case [a, b]:
            return a + b
        case 7:
            return 70
        case "seven":
            return 71
        case _:
            return 1


def main():
    shapes = [{"kind": "circle", "r": 4}, {"kind": "square", "side": 5}, [3, 3], [1, 2], 7, "seven", None]
    total = 0
    for round_ in range(1, 20001):
        for shape in shapes:
            total = (total + score(shape) * round_) % 1000003
    print(f"pattern_match {total}")


main()
