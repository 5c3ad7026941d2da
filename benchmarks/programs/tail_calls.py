def count_down(n, total):
    while n != 0:
        n, total = n - 1, (total + n) % 1000003
    return total


def even(n):
    while True:
        if n == 0:
            return True
        n -= 1
        if n == 0:
            return False
        n -= 1


def main():
    print(f"tail_calls {count_down(400000, 0)} {'true' if even(100000) else 'false'}")


main()
