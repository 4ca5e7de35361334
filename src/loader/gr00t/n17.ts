import { TendonError } from "../../core/errors.ts";
import type { Segment } from "../normalise.ts";
import type { LanePart } from "../partsLane.ts";
import { type Scaling, type Statistics, scaledSegment } from "../statistics.ts";
import type { ActionConfig, Gr00tConfigN17 } from "./config.ts";
import { type Gr00tDataset, needed, type Part, partsOf, widthOfPart } from "./parts.ts";

const FORMATS = { DEFAULT: "joints", XYZ_ROT6D: "xyz+rot6d", XYZ_ROTVEC: "xyz+rotvec" } as const;
const POSE_WIDTHS = { XYZ_ROT6D: 9, XYZ_ROTVEC: 6 } as const;

/**
 * The state's parts by the rules of N1.7: values and results are float32, statistics float64. What is scaled between
 * bounds is clipped, and 0 where the bounds are close; what is scaled by its deviation is neither.
 */
export function stateN17(config: Gr00tConfigN17, dataset: Gr00tDataset): LanePart[] {
  const { keys, sin_cos_embedding_keys = [], mean_std_embedding_keys = [] } = config.state!;
  const sines = config.apply_sincos_state_encoding ? sin_cos_embedding_keys : [];
  let from = 0;
  return partsOf(dataset, "state", keys).map((part) => {
    const segment: Segment = sines.includes(part.key)
      ? { ...plain(part, from), kind: "sin_cos", to: from + 2 * widthOfPart(part) }
      : scaled(part, needed(dataset.statistics, part, dataset), {
          from,
          kind: mean_std_embedding_keys.includes(part.key) ? "mean_std" : bounds(config),
          clip: config.clip_outliers && !mean_std_embedding_keys.includes(part.key),
        });
    from = segment.to;
    return { columns: part, segment, beyond: "hold" };
  });
}

/**
 * The action's parts by the rules of N1.7: clipped however they are scaled. Relative ones are told from the last row of
 * the state's window, in float64, and scaled by `relative_stats.json`, step by step and always between min and max.
 */
export function actionN17(config: Gr00tConfigN17, dataset: Gr00tDataset): LanePart[] {
  const { keys, delta, action_configs, mean_std_embedding_keys = [] } = config.action!;
  let from = 0;
  return partsOf(dataset, "action", keys).map((part, index) => {
    const how = action_configs?.[index];
    const deviates = mean_std_embedding_keys.includes(part.key);
    const clip = config.clip_outliers;
    if (how?.rep === "RELATIVE" && config.use_relative_action) {
      const reference = referenceOf(part, how, config, dataset);
      const kind = deviates ? "mean_std" : "min_max";
      const segment = scaled(part, neededRelative(dataset, part), { from, kind, clip, steps: delta.length });
      from = segment.to;
      const { state, columns } = reference;
      const relativeTo = { key: state.key, ...columns, format: FORMATS[how.format] };
      return {
        columns: part,
        segment: { ...segment, relativeTo },
        beyond: "hold",
        reference: { ...state, offset: config.state!.delta.at(-1)! },
      };
    }
    const kind = deviates ? "mean_std" : bounds(config);
    const segment = scaled(part, needed(dataset.statistics, part, dataset), { from, kind, clip });
    from = segment.to;
    return { columns: part, segment, beyond: "hold" };
  });
}

function bounds({ use_percentiles }: Gr00tConfigN17): Scaling {
  return use_percentiles ? "q01_q99" : "min_max";
}

function plain(part: Part, from: number) {
  return { key: part.key, from, to: from + widthOfPart(part), precision: "float32", clip: false, constant: "keep" } as const;
}

function scaled(
  part: Part,
  statistics: Statistics,
  { from, kind, clip, steps }: { readonly from: number; readonly kind: Scaling; readonly clip: boolean; readonly steps?: number },
): Segment {
  const { key, stream, start, end, streamWidth } = part;
  const cut =
    steps === undefined
      ? { key: stream, start, end, width: streamWidth }
      : { key, start: 0, end: widthOfPart(part), width: widthOfPart(part), steps };
  const constant = kind === "mean_std" ? "keep" : "zero";
  return scaledSegment(statistics, cut, { ...plain(part, from), kind, clip, constant, isStill: close });
}

/** NumPy's isclose with its defaults, of the upper bound to the lower. */
function close(low: number, high: number): boolean {
  return Math.abs(high - low) <= 1e-8 + 1e-5 * Math.abs(low);
}

/** The state part that a relative action is told from, and where it stands in the state before it is normalised. */
function referenceOf(part: Part, how: ActionConfig, config: Gr00tConfigN17, dataset: Gr00tDataset) {
  const stateKey = how.state_key ?? part.key;
  const place = { path: `action.action_configs.${config.action!.keys.indexOf(part.key)}` };
  const refuse = (message: string) => new TendonError("bad-pipeline", `action.${part.key} ${message}`, { place });
  if (!config.state?.keys.includes(stateKey))
    throw refuse(`is relative to state.${stateKey}, which is not loaded: add it to state.keys`);
  let from = 0;
  const states = partsOf(dataset, "state", config.state.keys);
  const at = config.state.keys.indexOf(stateKey);
  for (const before of states.slice(0, at)) from += widthOfPart(before);
  const state = states[at]!;
  const width = widthOfPart(part);
  if (how.type === "NON_EEF" && how.format !== "DEFAULT")
    throw refuse(`is no end effector (NON_EEF): its format is DEFAULT, not ${how.format}`);
  if (how.type === "EEF" && how.format === "DEFAULT")
    throw refuse("is an end effector: its format must be XYZ_ROT6D or XYZ_ROTVEC");
  const wanted = how.format === "DEFAULT" ? width : POSE_WIDTHS[how.format];
  if (width !== wanted) throw refuse(`is ${how.format}, which has ${wanted} numbers, but it has ${width}`);
  if (widthOfPart(state) !== width)
    throw refuse(`has ${width} numbers, state.${stateKey}, which it is relative to, ${widthOfPart(state)}`);
  return { state, columns: { from, to: from + width } };
}

function neededRelative({ relative, file }: Gr00tDataset, { key }: Part): Statistics {
  if (relative) return relative;
  const message = `action.${key} is relative, but meta/relative_stats.json is missing: write the dataset by \`gr00t: { for: n1.7, horizon: … }\`, or run GR00T's gr00t/data/stats.py`;
  throw new TendonError("bad-data", message, { place: { file } });
}
