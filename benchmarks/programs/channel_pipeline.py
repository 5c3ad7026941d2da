import trio


async def main():
    total = 0
    work_in, work_out = trio.open_memory_channel(64)
    done_in, done_out = trio.open_memory_channel(64)

    async def produce():
        async with work_in:
            for i in range(1, 20001):
                await work_in.send(i)

    async def work():
        async with done_in:
            async for item in work_out:
                await done_in.send(item * 2 % 7)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce)
        nursery.start_soon(work)
        async for result in done_out:
            total += result
    print(f"channel_pipeline {total}")


trio.run(main)
