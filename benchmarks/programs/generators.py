def numbers(limit):
    i = 0
    while i < limit:
        yield i
        i += 1


def main():
    total = 0
    for n in numbers(400000):
        if n % 3 == 0:
            total = (total + n) % 1000003
    rest = sum(n * 3 for n in numbers(200000) if n % 2 == 0)
    print(f"generators {total} {rest}")


main()
