"""The rules: what each finds, why it matters, how to mend it. The ids are those of the tap."""

from __future__ import annotations

from dataclasses import dataclass

SEVERITIES = ("info", "low", "medium", "high", "critical")


@dataclass(frozen=True)
class Rule:
    id: str
    severity: str
    cwe: tuple[int, ...]
    title: str
    why: str
    cure: str


_BOUNDED = (
    'update_item(Key=..., UpdateExpression="ADD hits :one", '
    'ConditionExpression="attribute_not_exists(hits) OR hits < :limit", ...)'
)

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "ddb-read-then-write",
            "high",
            (362, 367),
            "A counter is read, then written, without a condition on what was read",
            "Requests that arrive together all read the same count, all pass, and the last write "
            "wins: the others are never counted.",
            "Count in one conditional write, and take its failure for the refusal: " + _BOUNDED,
        ),
        Rule(
            "ddb-eventual-read",
            "medium",
            (362, 821),
            "A read that may be stale decides a refusal",
            "Without ConsistentRead DynamoDB may answer with a count from before the latest "
            "writes; reads of an index always may.",
            "Let the conditional write decide. Where a read has to, say ConsistentRead=True and "
            "read the table itself, not an index.",
        ),
        Rule(
            "ddb-weak-condition",
            "high",
            (799, 693),
            "The condition of a counter's write does not bound the count",
            "A condition that only asks whether the item exists, or when it expires, lets the "
            "count rise without end.",
            "Hold the count itself against the limit: " + _BOUNDED,
        ),
        Rule(
            "ddb-unconditional-increment",
            "low",
            (799,),
            "A counter is raised without a bound, and looked at afterwards",
            "What is refused has been counted too: a client that keeps trying keeps the count "
            "above the limit, and pays with your write capacity.",
            "Put the bound into the write: " + _BOUNDED,
        ),
        Rule(
            "ddb-fixed-window-key",
            "medium",
            (799,),
            "The key holds the number of a window of the clock",
            "The count starts anew at the window's edge: up to twice the limit passes within a "
            "moment around it.",
            "Keep one item for each identity and let the window slide: weir's exact window, or "
            "the time of the last admissions in the item, held by the condition.",
        ),
        Rule(
            "ddb-client-clock-coarse",
            "low",
            (682,),
            "Whole seconds, where the window is a few seconds",
            "Rounding moves the window's edges by up to a second, which is a large share of it.",
            "Keep milliseconds: int(time.time() * 1000).",
        ),
        Rule(
            "ddb-raw-identifier",
            "medium",
            (74, 140),
            "Text that the caller chose stands in a key as it came",
            "It may be longer than the 2,048 bytes that a key takes, hold the separator, or be a "
            "secret that then lies in the table.",
            "Accept only what has one spelling and a bounded length, then key by its HMAC: "
            "hmac.new(pepper, api_key.encode(), hashlib.sha256).digest().",
        ),
        Rule(
            "ddb-random-salt",
            "high",
            (799, 330),
            "A part of the key that changes at will gives one identity several counters",
            "Each new value is a fresh counter: the limit holds for none of them together.",
            "Key by the identity alone. To keep it out of the table, use an HMAC under one "
            "secret, not a salt.",
        ),
        Rule(
            "ddb-no-ttl",
            "low",
            (770,),
            "Counters never expire",
            "The table grows with every window and every identifier that somebody makes up.",
            "Write when the counter ends in epoch seconds (int(time.time()) + window) and make "
            "that attribute the table's TTL. Do not take the deletion for the reset: it may come "
            "days late.",
        ),
        Rule(
            "ddb-refusal-writes",
            "medium",
            (400, 405),
            "Refused requests write, or pay for a write",
            "A failed condition costs a write unit like one that holds: whoever floods you makes "
            "you pay, and takes the roughly 1,000 writes a second that one item has.",
            "Remember on the machine until when a key is refused, and answer from there.",
        ),
        Rule(
            "ddb-hot-key",
            "medium",
            (400,),
            "Every request writes to one and the same item",
            "One item takes about 1,000 writes a second. Whoever sends more throttles the limiter "
            "for everybody.",
            "Count by identity. For a limit over all of them, take leases of several requests at "
            "once, or split the limit over several items.",
        ),
        Rule(
            "ddb-error-swallowed",
            "medium",
            (636, 755),
            "An error of DynamoDB ends in the same answer for everybody",
            "While DynamoDB throttles or is away nobody is limited, or everybody is told that "
            "they sent too much; and whoever can cause an error chooses when.",
            "Catch the failed condition alone. Answer 503 to what could not be decided, or go on "
            "with a bound that you have chosen.",
        ),
    )
}
