def place(n, row, columns, left, right):
    if row == n:
        return 1
    found = 0
    for column in range(n):
        l, r = row + column, row - column + n
        if not columns[column] and not left[l] and not right[r]:
            c, d, e = list(columns), list(left), list(right)
            c[column] = d[l] = e[r] = True
            found += place(n, row + 1, c, d, e)
    return found


def main():
    n = 9
    free = [False] * (2 * n + 1)
    print(f"n_queens {place(n, 0, free, free, free)}")


main()
