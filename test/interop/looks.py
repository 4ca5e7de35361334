"""What is done to a sample at random, from docs/loader-augment.md and docs/loader.md alone. A case a line, as JSON."""

import hashlib
import json
import sys

M = 0xFFFFFFFF


def mix(x):
    x &= M
    x ^= x >> 16
    x = x * 0x7FEB352D & M
    x ^= x >> 15
    x = x * 0x846CA68B & M
    return x ^ x >> 16


def key_of(dataset, seed, level, epoch, group):
    digest = hashlib.sha256(f"tendon order 1\n{seed}\n{dataset}".encode("utf-8", "surrogatepass")).digest()
    a, b = int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big")
    for word in (level, epoch & M, epoch >> 32, group & M, group >> 32):
        a = mix(a ^ word)
        b = mix(b + a)
    return a, b


def look(dataset, seed, epoch, position, flip, crop, color):
    a, b = key_of(dataset, seed, 4, epoch, position)
    draws = [mix(a ^ mix(b + (number + 1) * 0x9E3779B9)) for number in range(7)]
    height, width = crop
    near = [(2 * (draw / 2**32) - 1) * most for draw, most in zip(draws[3:], color)]
    return {
        "flip": draws[0] / 2**32 < flip,
        "crop": {"y": draws[1] * (height + 1) >> 32, "x": draws[2] * (width + 1) >> 32},
        "color": {"brightness": 1 + near[0], "contrast": 1 + near[1], "saturation": 1 + near[2], "hue": near[3]},
    }


print(json.dumps([look(**json.loads(line)) for line in sys.stdin]))
