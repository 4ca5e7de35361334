import { TendonError } from "../../core/errors.ts";
import type { Segment } from "../normalise.ts";
import type { LanePart } from "../partsLane.ts";
import { scaledSegment } from "../statistics.ts";
import type { Gr00tConfigN15 } from "./config.ts";
import { type Gr00tDataset, needed, type Part, partsOf, type Side, widthOfPart } from "./parts.ts";

/**
 * The parts of one side by the rules of N1.5: in float64, as its loader pads every window into float64. `min_max` is
 * not clipped and makes 0 of what never changes; `q99` is clipped; `q99` and `mean_std` leave what never changes as it is.
 */
export function partsN15(config: Gr00tConfigN15, side: Side, dataset: Gr00tDataset): LanePart[] {
  const { keys } = config[side]!;
  const order = config.concat?.[side]?.map((key) => key.replace(`${side}.`, "")) ?? keys;
  refuseOrder(order, keys, side);
  let from = 0;
  return partsOf(dataset, side, order).map((part) => {
    const segment = segmentOf(part, config, dataset, from);
    from = segment.to;
    return { columns: part, segment, beyond: part.entry.absolute === false ? "zero" : "hold" };
  });
}

/** Of the state, keys may be left out; of the action, none. */
function refuseOrder(order: readonly string[], keys: readonly string[], side: Side): void {
  const unknown = order.find((key) => !keys.includes(key));
  const left = side === "action" ? keys.find((key) => !order.includes(key)) : undefined;
  const wrong = unknown ? `names ${unknown}, which is none of the keys ${keys.join(", ")}` : left && `leaves out ${left}`;
  if (wrong || new Set(order).size !== order.length)
    throw new TendonError("bad-pipeline", wrong ?? "names a key twice", { place: { path: `concat.${side}` } });
}

const KINDS = { min_max: "min_max", q99: "q01_q99", mean_std: "mean_std" } as const;

function segmentOf(part: Part, config: Gr00tConfigN15, dataset: Gr00tDataset, from: number): Segment {
  const { side, key, stream, start, end, streamWidth } = part;
  const name = `${side}.${key}`;
  const mode = config.normalise[name];
  const plain = { key, from, to: from + widthOfPart(part), precision: "float64", clip: false, constant: "keep" } as const;
  if (config.sin_cos.includes(name)) {
    if (mode)
      throw new TendonError("bad-pipeline", `${name} cannot be ${mode} and sines and cosines at once`, {
        place: { path: "sin_cos" },
      });
    return { ...plain, kind: "sin_cos", to: from + 2 * widthOfPart(part) };
  }
  if (!mode) return { ...plain, kind: "none" };
  if (mode === "binary") return { ...plain, kind: "binary" };
  refuseWhole(part);
  return scaledSegment(
    needed(dataset.statistics, part, dataset),
    { key: stream, start, end, width: streamWidth },
    {
      ...plain,
      kind: KINDS[mode],
      clip: mode === "q99",
      constant: mode === "min_max" ? "zero" : "keep",
      isStill: (low, high) => low === high,
    },
  );
}

/** Whole numbers stand for kinds of things, not for amounts. */
function refuseWhole({ side, key, entry }: Part): void {
  if (entry.dtype == null || entry.dtype.startsWith("float")) return;
  throw new TendonError("bad-pipeline", `${side}.${key} is ${entry.dtype}, no float: N1.5 takes only \`binary\` for it`, {
    place: { path: `normalise.${side}.${key}` },
  });
}

/** What is named as normalised must be loaded. */
export function refuseUnknown({ normalise, sin_cos, state, action }: Gr00tConfigN15): void {
  const known = [...(state?.keys ?? []).map((key) => `state.${key}`), ...(action?.keys ?? []).map((key) => `action.${key}`)];
  for (const [path, names] of [
    ["normalise", Object.keys(normalise)],
    ["sin_cos", sin_cos],
  ] as const) {
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new TendonError("bad-pipeline", `names ${unknown}, which is not loaded; there are ${known.join(", ")}`, {
        place: { path },
      });
  }
}
