"""Trains a small policy on a view of a Tendon dataset, and exports it as an ONNX file that `tendon simulate` runs.

    python train.py VIEW POLICY.onnx [--steps 3000] [--seed 0]

Two pictures and the joints' positions go in, a chunk of joint commands comes out: two small convolutional
encoders that say where things are (Levine et al., "End-to-end training of deep visuomotor policies", 2016), and
a perceptron, trained to answer what the operator did (behaviour cloning, L1). See README.md.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import tendon

CAMERAS = ["observation.images.head", "observation.images.right_wrist"]
STATE, ACTION = "observation.state", "action"
#: Pictures as the camera gives them, and as the network looks at them: pixels a side.
CAMERA_SIDE, SIDE = 256, 96
#: Commands in one answer; pictures from one question to the next; both at the view's rate.
CHUNK, EXECUTE = 20, 8
#: Pictures are shifted by up to so many pixels in training, so that no single pixel is trusted.
SHIFT = 4
#: Noise that is added to the joints in training, rad, so that the policy finds back where it has strayed.
STATE_NOISE = 0.02
#: Joints that hardly move must not weigh as much as those that do the work: least deviation, rad.
LEAST_DEVIATION = 0.1


def load(view: Path) -> dict[str, np.ndarray]:
    """Every sample of the view, once: decoded by Tendon, held in memory."""
    windows = {camera: [0] for camera in CAMERAS} | {STATE: [0], ACTION: range(CHUNK)}
    size = (SIDE, SIDE)
    with tendon.Batches(
        view, batch_size=64, windows=windows, size=size, order="sequential", tail="wrap", epochs=1, as_="numpy"
    ) as batches:
        parts: dict[str, list[np.ndarray]] = {name: [] for name in windows}
        for batch in batches:
            for name, part in parts.items():
                value = batch[name] if name == ACTION else batch[name][:, 0]
                part.append(value.copy() if value.dtype == np.uint8 else value.astype(np.float32))
    return {name: np.concatenate(part) for name, part in parts.items()}


class Eye(nn.Module):
    """Where some things are in a picture: the mean places of maps that add up to one."""

    def __init__(self, points: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 32, 8, 4, 2), nn.BatchNorm2d(32), nn.ReLU()]
        for before, after in [(32, 48), (48, 48)]:
            layers += [nn.Conv2d(before, after, 3, 1, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.maps = nn.Sequential(*layers, nn.Conv2d(48, points, 1))
        places = torch.linspace(-1, 1, SIDE // 4)
        self.register_buffer("places", places, persistent=False)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        maps = self.maps(picture).float()
        shares = maps.flatten(2).softmax(-1).view(maps.shape)
        across = (shares.sum(2) * self.places).sum(-1)
        down = (shares.sum(3) * self.places).sum(-1)
        return torch.cat([across, down], -1)


class Policy(nn.Module):
    """From pictures (-1 to 1, `[batch, 3, SIDE, SIDE]`) and joints (rad) to commands (rad, `[batch, CHUNK, joint]`)."""

    def __init__(self, joints: int) -> None:
        super().__init__()
        self.eyes = nn.ModuleList(Eye() for _ in CAMERAS)
        self.mind = nn.Sequential(
            nn.Linear(2 * 2 * 48 + joints, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, CHUNK * joints)
        )
        for name in ["state_mean", "action_mean"]:
            self.register_buffer(name, torch.zeros(joints))
        for name in ["state_deviation", "action_deviation"]:
            self.register_buffer(name, torch.ones(joints))

    def know(self, state: np.ndarray, action: np.ndarray) -> None:
        """Learns how joints and commands are spread, which stays inside the policy."""
        for name, values in [("state", state), ("action", action.reshape(-1, action.shape[-1]))]:
            getattr(self, f"{name}_mean").copy_(torch.from_numpy(values.mean(0)))
            getattr(self, f"{name}_deviation").copy_(torch.from_numpy(values.std(0).clip(LEAST_DEVIATION)))

    def forward(self, pictures: list[torch.Tensor], state: torch.Tensor) -> torch.Tensor:
        seen = [eye(picture) for eye, picture in zip(self.eyes, pictures)]
        felt = (state - self.state_mean) / self.state_deviation
        told = self.mind(torch.cat([*seen, felt], -1)).view(len(state), CHUNK, -1)
        return told.float() * self.action_deviation + self.action_mean


class Exported(nn.Module):
    """The policy as it stands in the file: raw pictures `[1, CAMERA_SIDE, CAMERA_SIDE, 3]` and joints in."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy
        # Scaling by area, as the loader did it: the part of each pixel that falls into each larger one.
        edges = torch.arange(SIDE + 1) * CAMERA_SIDE / SIDE
        pixels = torch.arange(CAMERA_SIDE)
        parts = torch.minimum(edges[1:, None], pixels + 1.0) - torch.maximum(edges[:-1, None], pixels + 0.0)
        self.register_buffer("area", parts.clamp_min(0) * SIDE / CAMERA_SIDE, persistent=False)

    def forward(self, head: torch.Tensor, wrist: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        pictures = [self.area @ picture.permute(0, 3, 1, 2).float() @ self.area.T / 127.5 - 1 for picture in (head, wrist)]
        return self.policy(pictures, state)


#: Orders of red, green and blue: what colour a thing has does not matter here.
COLOURS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]


def shown(pictures: np.ndarray, rows: np.ndarray, colours: np.ndarray, random: np.random.Generator) -> torch.Tensor:
    """Pictures with their colours swapped, each shifted a little: -1 to 1, `[sample, 3, SIDE, SIDE]`."""
    shifted = np.empty((len(rows), SIDE, SIDE, 3), np.uint8)
    shifts = random.integers(0, 2 * SHIFT + 1, (len(rows), 2))
    for at, (row, (down, across)) in enumerate(zip(rows, shifts)):
        shifted[at] = pictures[row, down : down + SIDE, across : across + SIDE][..., COLOURS[colours[at]]]
    return torch.from_numpy(shifted).permute(0, 3, 1, 2).float() / 127.5 - 1


def train(data: dict[str, np.ndarray], policy: Policy, steps: int, seed: int, batch: int, rate: float) -> tuple[Policy, dict]:
    """Trains, and gives the running mean of the weights, and how it went."""
    random = np.random.default_rng(seed)
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    edge = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    padded = {camera: np.pad(data[camera], edge, mode="edge") for camera in CAMERAS}
    mean = copy.deepcopy(policy).eval()
    optimiser = torch.optim.AdamW(policy.parameters(), rate, weight_decay=1e-3)
    losses: list[float] = []
    started, worked = time.monotonic(), time.process_time()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 200) * (0.51 + 0.49 * math.cos(math.pi * step / steps))
        rows = random.integers(0, len(data[STATE]), batch)
        colours = random.integers(0, len(COLOURS), batch)
        light = torch.from_numpy(random.uniform([0.8, -0.1], [1.2, 0.1], (batch, 2)).astype(np.float32))
        gain, bias = light[:, :, None, None, None].unbind(1)
        pictures = [shown(padded[camera], rows, colours, random) * gain + bias for camera in CAMERAS]
        state = data[STATE][rows] + STATE_NOISE * random.standard_normal((batch, data[STATE].shape[1]), np.float32)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            told = policy(pictures, torch.from_numpy(state))
        loss = ((told - torch.from_numpy(data[ACTION][rows])).abs() / policy.action_deviation).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            keep = min(0.999, (1 + step) / (10 + step))
            for kept, now in zip([*mean.parameters(), *mean.buffers()], [*policy.parameters(), *policy.buffers()]):
                kept.lerp_(now, 1 - keep) if kept.is_floating_point() else kept.copy_(now)
        losses.append(loss.item())
        if (step + 1) % 250 == 0 or step + 1 == steps:
            took = f"{time.monotonic() - started:.0f} s, {time.process_time() - worked:.0f} s of CPU"
            print(f"step {step + 1} of {steps}: loss {np.mean(losses[-250:]):.4f} ({took})", flush=True)
    part = max(1, steps // 20)
    went = {"firstLoss": float(np.mean(losses[:part])), "lastLoss": float(np.mean(losses[-part:]))} if steps else {}
    return mean, {**went, "seconds": time.monotonic() - started, "cpuSeconds": time.process_time() - worked}


def export(policy: Policy, file: Path, joints: list[str], rate_hz: float) -> None:
    """Writes the file, which says of itself what a simulator must know."""
    import onnx

    blank = torch.zeros(1, CAMERA_SIDE, CAMERA_SIDE, 3, dtype=torch.uint8)
    inputs = (blank, blank, torch.zeros(1, len(joints)))
    torch.onnx.export(Exported(policy).eval(), inputs, str(file), input_names=[*CAMERAS, STATE], output_names=[ACTION], dynamo=False)
    model = onnx.load(str(file))
    about = {"policy": 1, "rateHz": rate_hz, "execute": EXECUTE, "joints": joints}
    onnx.helper.set_model_props(model, {"tendon": json.dumps(about)})
    onnx.save(model, str(file))


def difference(policy: Policy, file: Path, state: np.ndarray, seed: int) -> float:
    """How far ONNX Runtime's answers lie from PyTorch's at most, rad, over pictures of noise."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    exported, random = Exported(policy).eval(), np.random.default_rng(seed)
    most = 0.0
    for row in range(0, len(state), max(1, len(state) // 8)):
        pictures = random.integers(0, 256, (2, 1, CAMERA_SIDE, CAMERA_SIDE, 3), np.uint8)
        inputs = [*pictures, state[row : row + 1]]
        (there,) = session.run([ACTION], dict(zip([*CAMERAS, STATE], inputs)))
        with torch.no_grad():
            here = exported(*(torch.from_numpy(each) for each in inputs)).numpy()
        most = max(most, float(np.abs(there - here).max()))
    return most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("view", type=Path, help="the folder of one robot in a view, such as out/train/data/lerobot/tendon_humanoid")
    parser.add_argument("policy", type=Path, help="the ONNX file to write")
    parser.add_argument("--steps", type=int, default=3000, help="0 exports an untrained policy")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3, help="of learning, at its highest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    info = json.loads((options.view / "meta" / "info.json").read_text())
    joints = info["features"][STATE]["names"]
    data = load(options.view)
    print(f"{info['total_episodes']} episodes, {len(data[STATE])} samples", flush=True)
    policy = Policy(len(joints)).to(memory_format=torch.channels_last)
    policy.know(data[STATE], data[ACTION])
    mean, went = train(data, policy, options.steps, options.seed, options.batch, options.rate)
    options.policy.parent.mkdir(parents=True, exist_ok=True)
    export(mean, options.policy, joints, info["fps"])
    apart = difference(mean, options.policy, data[STATE], options.seed)
    report = {"policy": str(options.policy), "episodes": info["total_episodes"], "samples": len(data[STATE]), **went, "differenceRad": apart}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
