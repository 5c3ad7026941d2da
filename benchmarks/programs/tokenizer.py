def kind_of(c):
    if "0" <= c <= "9":
        return "digit"
    if "a" <= c <= "z":
        return "letter"
    if c == " ":
        return "space"
    return "other"


def tokenize(text):
    chars = list(text)
    tokens = []
    i = 0
    n = len(chars)
    while i < n:
        kind = kind_of(chars[i])
        j = i + 1
        if kind != "other":
            while j < n and kind_of(chars[j]) == kind:
                j += 1
        if kind != "space":
            tokens.append({"kind": kind, "text": text[i:j]})
        i = j
    return tokens


def main():
    line = "total = price * 12 + (tax - 7) / count; next = total"
    counts = {}
    length = 0
    for _ in range(5000):
        for token in tokenize(line):
            counts[token["kind"]] = counts.get(token["kind"], 0) + 1
            length += len(token["text"])
    print(f"tokenizer {counts['digit']} {counts['letter']} {counts['other']} {length}")


main()
