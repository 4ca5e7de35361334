"""The loader's order a second time, as docs/loader.md tells it, with nothing but the standard library.

Reads cases as JSON lines from stdin; prints for each the anchors at its positions, the schedule of its mixture, or which
(dataset, episode, row) each rank has in its batches.
"""

import hashlib
import json
import sys
from fractions import Fraction

MASK = 0xFFFFFFFF


def mix(value):
    value &= MASK
    value = ((value ^ (value >> 16)) * 0x7FEB352D) & MASK
    value = ((value ^ (value >> 15)) * 0x846CA68B) & MASK
    return value ^ (value >> 16)


def root_key(dataset, seed):
    digest = hashlib.sha256(f"tendon order 1\n{seed}\n{dataset}".encode()).digest()
    return int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big")


def key_of(root, level, epoch, group=0):
    a, b = root
    for word in (level, epoch & MASK, epoch >> 32, group & MASK, group >> 32):
        a = mix(a ^ word)
        b = mix(b + a)
    return a, b


def below(bound, key):
    return ((key[0] << 16) + (key[1] >> 16)) % bound


def permuted(position, size, key):
    if size < 2:
        return position
    bits = 1
    while 4**bits < size:
        bits += 1
    a, b = key
    rounds = [mix(a ^ mix(b + (index + 1) * 0x9E3779B9)) for index in range(6)]
    value = position
    while True:
        left, right = value >> bits, value & ((1 << bits) - 1)
        for index in range(0, 6, 2):
            left ^= mix(right ^ rounds[index]) >> (32 - bits)
            right ^= mix(left ^ rounds[index + 1]) >> (32 - bits)
        value = (left << bits) + right
        if value < size:
            return value


def place_at(position, epoch, anchors, run, runs_per_group, root):
    """Where the anchor at a position stood before its group was shuffled."""
    length = max(1, min(run, anchors))
    group_size = max(1, min(anchors, length * max(1, runs_per_group)))
    group, inside = divmod(position, group_size)
    if length < anchors:
        size = min(group_size, anchors - group * group_size)
        inside = permuted(inside, size, key_of(root, 3, epoch, group))
    return group * group_size + inside


def anchor_at(position, epoch, anchors, run, runs_per_group, root):
    length = max(1, min(run, anchors))
    full_runs = anchors // length
    offset = 0 if length >= anchors else below(anchors, key_of(root, 1, epoch))
    slot, step = divmod(place_at(position, epoch, anchors, run, runs_per_group, root), length)
    first = permuted(slot, full_runs, key_of(root, 2, epoch)) if slot < full_runs else full_runs
    return (first * length + step + offset) % anchors


def schedule(parts):
    """The chairman's schedule of one period (src/loader/order/mixture.ts), in exact integers."""
    period, steps = sum(parts), 2 * len(parts) - 2
    had, datasets = [0] * len(parts), []
    for position in range(1, period + 1):
        waiting = []
        for dataset, part in enumerate(parts):
            behind = (part * position - had[dataset] * period) * steps
            if behind >= period or steps == 0:
                waiting.append((Fraction(period * (steps - 1) - behind, part), dataset))
        chosen = min(waiting)[1]
        datasets.append(chosen)
        had[chosen] += 1
    return datasets


def share_of(case, batch, rank, world):
    """(dataset, episode's place, row) of each sample of a rank's share of a batch of a mixture."""
    parts, size = case["parts"], case["batchSize"]
    datasets = schedule(parts)
    samples = []
    for position in range(batch * size, (batch + 1) * size):
        rounds, place = divmod(position, len(datasets))
        dataset = datasets[place]
        count = rounds * parts[dataset] + datasets[:place].count(dataset)
        lengths, shape = case["lengths"][dataset], case["shapes"][dataset]
        anchors = sum(lengths)
        epoch, inside = divmod(count, anchors)
        root = root_key(f"{case['order']} {dataset}", case["seed"])
        anchor = anchor_at(inside, epoch, anchors, shape["run"], shape["runsPerGroup"], root)
        stood = epoch * anchors + place_at(inside, epoch, anchors, shape["run"], shape["runsPerGroup"], root)
        episode = 0
        while anchor >= lengths[episode]:
            anchor -= lengths[episode]
            episode += 1
        samples.append((dataset, stood, len(samples), (dataset, episode, anchor)))
    if world > 1:
        # By dataset, then by where a sample stood before its group was shuffled; within a share in the batch's order.
        own = sorted(samples)[rank * size // world : (rank + 1) * size // world]
        samples = sorted(own, key=lambda sample: sample[2])
    return [sample[3] for sample in samples]


def answer(case):
    if "parts" not in case:
        key = root_key(case["dataset"], case["seed"])
        shape = (case["anchors"], case["run"], case["runsPerGroup"], key)
        return [anchor_at(position, case["epoch"], *shape) for position in case["positions"]]
    if "batches" not in case:
        return schedule(case["parts"])
    world = case["world"]
    return [[share_of(case, batch, rank, world) for rank in range(world)] for batch in case["batches"]]


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
