import json


def main():
    total = 0
    for i in range(1, 3001):
        price = i * 1.5
        price = int(price) if price.is_integer() else price
        record = {"id": i, "name": f"item {i}", "tags": ["a", "b", "c"], "price": price, "nested": {"ok": True, "none": None}}
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        back = json.loads(text)
        total += len(text) + back["id"] + len(back["tags"])
    print(f"json_round_trip {total}")


main()
