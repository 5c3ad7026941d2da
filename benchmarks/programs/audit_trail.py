import hashlib
import json
import time


def main():
    log = []
    stored = []
    last = None
    for i in range(1, 4001):
        entry = {"kind": "step", "payload": {"number": i, "even": i % 2 == 0}, "pipeline_id": None, "seq": i}
        log.append(entry)
        record = {"event_id": i, "headers": {"seq": str(i), "prev": last}, "kind": "lifecycle_audit",
                  "occurred_at_ms": time.time_ns() // 1_000_000, "payload": entry, "topic": "audit"}
        last = hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        stored.append((record, last))
    even = [entry for entry in log if entry["payload"]["even"]]
    print(f"audit_trail {len(log)}")
    return {"even": len(even), "entries": len(log)}


main()
