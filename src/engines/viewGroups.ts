import { join } from "node:path";
import type { EpisodeSchema, Feature } from "../core/feature.ts";
import { canonicalJson } from "../core/json.ts";
import type { PlacedPart } from "../core/part.ts";
import { type ListWriter, writeList } from "./lists.ts";
import type { Output } from "./outcome.ts";
import type { DecidedView } from "./protocol.ts";
import type { WorkerRun } from "./workerRun.ts";

/** A part of a view, and the receipt that it is known by. */
export interface ListedPart extends PlacedPart {
  readonly receipt: string;
}

/** Parts by sink and embodiment, as they come. */
export interface ViewGroups {
  add(sink: number, output: Output, part: ListedPart): Promise<void>;
  close(): Promise<readonly DecidedView[]>;
}

interface Group {
  readonly sink: number;
  readonly embodiment: string;
  schema: EpisodeSchema;
  readonly list: ListWriter<ListedPart>;
  rows: number;
}

/**
 * One view a sink and embodiment. Layouts of one robot that differ in optional streams are one view
 * with the union of their streams; layouts that contradict each other (another rate, another width)
 * cannot share a folder, so the second is named `g1-2`.
 */
export function groupViews(run: WorkerRun): ViewGroups {
  const groups: Group[] = [];
  const open = (sink: number, schema: EpisodeSchema): Group => {
    const same = groups.filter((group) => group.sink === sink && group.schema.embodiment === schema.embodiment);
    for (const group of same) {
      const union = uniteSchemas(group.schema, schema);
      if (!union) continue;
      group.schema = union;
      return group;
    }
    const name = safeName(schema.embodiment);
    const embodiment = same.length === 0 ? name : `${name}-${same.length + 1}`;
    const list = writeList<ListedPart>(join(run.stores().scratch, `parts-${sink}-${groups.length}.jsonl`));
    const group = { sink, embodiment, schema, list, rows: 0 };
    groups.push(group);
    return group;
  };
  return {
    async add(sink, output, part) {
      const group = open(sink, output.schema);
      group.rows += part.rows * part.copies;
      await group.list.add(part);
    },
    async close() {
      const views: DecidedView[] = [];
      for (const { sink, embodiment, schema, list, rows } of groups) {
        await list.close();
        const { name, version, made } = run.recipe.sinks[sink]!;
        views.push({ sink, name, version: made.format ?? version, embodiment, schema, list: list.path, rows });
      }
      return views;
    },
  };
}

/** The streams of both, those that one lacks marked optional; undefined where they contradict each other. */
export function uniteSchemas(a: EpisodeSchema, b: EpisodeSchema): EpisodeSchema | undefined {
  if (a.grid?.rateHz !== b.grid?.rateHz) return undefined;
  const features: Record<string, Feature> = {};
  for (const stream of new Set([...Object.keys(a.features), ...Object.keys(b.features)])) {
    const [left, right] = [a.features[stream], b.features[stream]];
    if (left && right && canonicalJson(shapeOf(left)) !== canonicalJson(shapeOf(right))) return undefined;
    const feature = (left ?? right)!;
    features[stream] = left && right ? feature : { ...feature, optional: true };
  }
  const streams = [...new Set([...(a.grid?.streams ?? []), ...(b.grid?.streams ?? [])])];
  return { ...a, features, ...(a.grid && { grid: { ...a.grid, streams } }) };
}

function shapeOf({ dtype, shape, names, video }: Feature) {
  return { dtype, shape, names, size: video && [video.height, video.width] };
}

function safeName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "_")
      .replace(/^[._]+/, "") || "robot"
  );
}
