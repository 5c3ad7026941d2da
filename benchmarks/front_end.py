"""The front end: time from source text to a runnable chunk, per kilobyte."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.processes import measure

_UNIT = """fn step_NUMBER(order, limit = 10) {
  var total = 0
  for item in order.items {
    if item.price > limit && item.count != 0 {
      total += item.price * item.count
    } else {
      total = total + (item?.fee ?? 1)
    }
  }
  let label = match total % 3 {
    0 -> { "even ${total}" }
    1 | 2 -> { "odd ${total + 1}" }
    _ -> { "none" }
  }
  try {
    require total >= 0, "negative: ${label}"
  } catch (problem) {
    println([label, problem, {order: order.id, total: total}])
  }
  return order.items.map({ item -> item.price * limit }).filter({ price -> price > total }).sum()
}

"""


def sample_source(kilobytes: float) -> str:
    """Give a script of about so many kilobytes: functions with loops, matches, strings, closures."""
    pieces, size, number = [], 0, 0
    while size < kilobytes * 1024:
        piece = _UNIT.replace("NUMBER", str(number))
        pieces.append(piece)
        size += len(piece)
        number += 1
    return "".join(pieces)


def run_front_end(say: Callable[[str], object]) -> dict[str, float]:
    """Give milliseconds per kilobyte for small and large texts."""
    found = {}
    for kilobytes in (2, 10, 100):
        best = min((measure("front_end", str(kilobytes)) for _ in range(3)), key=lambda one: one["seconds"])
        found[f"{kilobytes} KB"] = best["seconds"] * 1000 / best["kilobytes"]
        say(f"  {kilobytes:>4} KB  {found[f'{kilobytes} KB']:.2f} ms/KB")
    return found
