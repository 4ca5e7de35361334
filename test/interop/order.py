"""The loader's order a second time, from docs/loader.md alone and with nothing but the standard library.

Reads cases as JSON lines from stdin; prints for each the anchors at its positions.
"""

import hashlib
import json
import sys

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


def anchor_at(position, epoch, anchors, run, runs_per_group, root):
    length = max(1, min(run, anchors))
    full_runs = anchors // length
    group_size = max(1, min(anchors, length * max(1, runs_per_group)))
    sequential = length >= anchors
    offset = 0 if sequential else below(anchors, key_of(root, 1, epoch))
    group, inside = divmod(position, group_size)
    if not sequential:
        size = min(group_size, anchors - group * group_size)
        inside = permuted(inside, size, key_of(root, 3, epoch, group))
    slot, step = divmod(group * group_size + inside, length)
    first = permuted(slot, full_runs, key_of(root, 2, epoch)) if slot < full_runs else full_runs
    return (first * length + step + offset) % anchors


for line in sys.stdin:
    case = json.loads(line)
    key = root_key(case["dataset"], case["seed"])
    print(
        json.dumps(
            [
                anchor_at(position, case["epoch"], case["anchors"], case["run"], case["runsPerGroup"], key)
                for position in case["positions"]
            ]
        )
    )
