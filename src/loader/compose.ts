import type { NumberArray } from "../core/batch.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import { mirrorText } from "./augment/mirror.ts";
import type { Draft } from "./draft.ts";
import { arrayOf, type BatchLayout, type Field, type NumbersLane } from "./layout.ts";
import type { OpenDataset } from "./open.ts";
import type { EpisodeNumbers } from "./rows.ts";

/** The numbers of a batch, and the instructions that its `task_index` counts. */
export interface Composed {
  readonly memory: ArrayBuffer;
  readonly tasks: readonly (string | null)[];
}

/** Reads what a batch needs of tables, and lays out all of its arrays but the pictures. */
export async function composeNumbers(
  draft: Draft,
  { layout, datasets, onError }: { layout: BatchLayout; datasets: readonly OpenDataset[]; onError: "stop" | "skip" },
): Promise<Composed> {
  const memory = new ArrayBuffer(layout.numbersBytes);
  const episodes = await readEpisodes(draft, datasets, onError);
  const view = (field: Field) => arrayOf(field, memory);
  const arrays = layout.numbers.map((lane) => ({ into: view(lane.field), isPad: view(lane.isPad) as Uint8Array }));
  const pads = [...layout.numbers, ...layout.pictures].map((lane) => ({ lane, isPad: view(lane.isPad) as Uint8Array }));
  const dims = layout.numbers.flatMap(({ dimIsPad, across, sources, dims: owned }) =>
    dimIsPad ? [{ dimIsPad: view(dimIsPad) as Uint8Array, across, sources, owned }] : [],
  );
  const tasks = new Map<string | undefined, number>();
  const taskIndex = view(layout.info.task);
  for (let sample = 0; sample < draft.samples; sample++) {
    const dataset = draft.datasets[sample]!;
    const { spans } = datasets[dataset]!;
    const span = draft.spans[sample]!;
    const [first, rows] = [spans.from[span]!, spans.length[span]!];
    const row = draft.rows[sample]! - first;
    for (const { lane, isPad } of pads) markBeyond(isPad, lane, { sample, dataset, row, rows });
    for (const { dimIsPad, across, sources, owned } of dims) {
      const own = sources[dataset]?.shape[0] ?? 0;
      dimIsPad.fill(1, sample * across + own, (sample + 1) * across);
      owned[dataset]?.forEach((robots, column) => {
        dimIsPad[sample * across + column] = 1 - robots;
      });
    }
    const whole = episodes.get(keyOf(draft, sample));
    if (!whole) continue;
    const numbers = rows === whole.rows ? whole : cut(whole, first, rows);
    for (const [at, lane] of layout.numbers.entries()) fill(lane, arrays[at]!, { draft, sample, row, numbers, onError });
    const told = spans.text?.[span] ?? numbers.tasks[row];
    const task = draft.looks[sample]?.flip && told !== undefined ? mirrorText(told) : told;
    if (!tasks.has(task)) tasks.set(task, tasks.size);
    taskIndex[sample] = tasks.get(task)!;
  }
  return { memory, tasks: [...tasks.keys()].map((task) => task ?? null) };
}

/** What says which sample is which: written last, when it is known what was skipped. */
export function composeInfo(draft: Draft, layout: BatchLayout, datasets: readonly OpenDataset[], memory: ArrayBuffer): void {
  const { info } = layout;
  const [dataset, episode, row] = [info.dataset, info.episode, info.row].map((field) => arrayOf(field, memory) as BigInt64Array);
  const valid = arrayOf(info.valid, memory) as Uint8Array;
  for (let sample = 0; sample < draft.samples; sample++) {
    dataset![sample] = BigInt(draft.datasets[sample]!);
    episode![sample] = BigInt(datasets[draft.datasets[sample]!]!.loaded.episodes[draft.episodes[sample]!]!.index);
    row![sample] = BigInt(draft.rows[sample]!);
  }
  valid.set(draft.valid);
}

function keyOf(draft: Draft, sample: number): string {
  return `${draft.datasets[sample]} ${draft.episodes[sample]}`;
}

async function readEpisodes(
  draft: Draft,
  datasets: readonly OpenDataset[],
  onError: "stop" | "skip",
): Promise<Map<string, EpisodeNumbers>> {
  const samples = new Map<string, number[]>();
  for (let sample = 0; sample < draft.samples; sample++) {
    const key = keyOf(draft, sample);
    const own = samples.get(key);
    if (own) own.push(sample);
    else samples.set(key, [sample]);
  }
  const read = new Map<string, EpisodeNumbers>();
  await Promise.all(
    [...samples].map(async ([key, [first, ...others]]) => {
      const { shelf } = datasets[draft.datasets[first!]!]!;
      try {
        read.set(key, await shelf.read(draft.episodes[first!]!));
      } catch (thrown) {
        const error = asTendonError(thrown, "bad-data");
        if (onError === "stop") throw error;
        for (const sample of [first!, ...others]) draft.skip(sample, `${error.place.file ?? "its table"}: ${error.message}`);
      }
    }),
  );
  return read;
}

function markBeyond(
  isPad: Uint8Array,
  { steps, sources }: { steps: number; sources: readonly ({ readonly offsets: Int32Array } | undefined)[] },
  { sample, dataset, row, rows }: { sample: number; dataset: number; row: number; rows: number },
): void {
  const offsets = sources[dataset]?.offsets;
  for (let step = 0; step < steps; step++) {
    const at = row + (offsets?.[step] ?? 0);
    isPad[sample * steps + step] = offsets && at >= 0 && at < rows ? 0 : 1;
  }
}

interface Filling {
  readonly draft: Draft;
  readonly sample: number;
  /** In `numbers`. */
  readonly row: number;
  readonly numbers: EpisodeNumbers;
  readonly onError: "stop" | "skip";
}

function fill(
  { field, steps, across, sources }: NumbersLane,
  { into, isPad }: { readonly into: NumberArray; readonly isPad: Uint8Array },
  { draft, sample, row, numbers, onError }: Filling,
): void {
  const lane = sources[draft.datasets[sample]!];
  if (!lane) return;
  if (lane.beyond)
    for (let step = 0; step < steps; step++) isPad[sample * steps + step] = lane.beyond(numbers, row, step) ? 1 : 0;
  const own = lane.shape.reduce((product, each) => product * each, 1);
  const at = sample * steps * across;
  lane.fill(numbers, row, into, at, draft.looks[sample]);
  if (own < across) spread(into, at, { steps, own, across });
  const odd = firstNotFinite(into, at, steps * across);
  if (odd < 0) return;
  const { file, index } = numbers;
  const message = `episode ${index} holds ${into[odd]} in the window of row ${draft.rows[sample]}: leave the episode or the stream out, or convert it with the check \`finite\` and the decision \`gate\``;
  if (onError === "stop") throw new TendonError("bad-data", message, { place: { file, stream: field.name } });
  // Not even a weight of zero makes a loss of NaN a number again.
  into.fill(0 as never, at, at + steps * across);
  draft.skip(sample, `${file}, stream ${field.name}: ${message}`);
}

/** Steps of `own` numbers, side by side, get zeros behind each, up to `across`. */
function spread(into: NumberArray, at: number, { steps, own, across }: { steps: number; own: number; across: number }): void {
  for (let step = steps - 1; step >= 0; step--) {
    into.copyWithin(at + step * across, at + step * own, at + (step + 1) * own);
    into.fill(0 as never, at + step * across + own, at + (step + 1) * across);
  }
}

function firstNotFinite(values: NumberArray, from: number, count: number): number {
  if (!(values instanceof Float32Array || values instanceof Float64Array || values instanceof Float16Array)) return -1;
  for (let at = from; at < from + count; at++) if (!Number.isFinite(values[at]!)) return at;
  return -1;
}

/** Rows of an episode, as an episode. */
export function cut(whole: EpisodeNumbers, from: number, rows: number): EpisodeNumbers {
  const columns = [...whole.columns].map(([stream, column]) => {
    const across = column.length / whole.rows;
    return [stream, column.subarray(from * across, (from + rows) * across) as NumberArray] as const;
  });
  return { ...whole, rows, columns: new Map(columns), tasks: whole.tasks.slice(from, from + rows) };
}
