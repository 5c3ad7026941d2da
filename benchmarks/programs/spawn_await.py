import trio


async def main():
    total = 0
    for i in range(1, 5001):
        results = [0, 0]

        async def left():
            results[0] = i * 2

        async def right():
            results[1] = i + 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(left)
            nursery.start_soon(right)
        total = (total + results[0] + results[1]) % 1000003
    print(f"spawn_await {total}")


trio.run(main)
