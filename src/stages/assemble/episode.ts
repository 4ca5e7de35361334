import type { Delivery, RowsBatch, Want } from "../../core/batch.ts";
import type { Episode } from "../../core/episode.ts";
import { cropBatch } from "../../core/slice.ts";
import type { TimeRange } from "../../core/time.ts";
import { lowerBound } from "../../kernels/resample.ts";
import { VectorBuilder } from "./builder.ts";
import type { AssemblePlan } from "./plan.ts";
import type { Side } from "./recipe.ts";

/** An episode whose state and action are put together while it is read. */
export function assembledEpisode(episode: Episode, plan: AssemblePlan): Episode {
  return {
    ...episode,
    schema: plan.output,
    times: async (stream) => {
      const vector = plan.vectors.get(stream as Side);
      return vector ? { time: (await episode.times(vector.columns[0]!.stream)).time } : episode.times(stream);
    },
    read: (wants, range) => readAssembled(episode, plan, wants, range),
  };
}

/** Where a batch of the recording goes: on as it is, or into a vector. */
interface Route {
  readonly want: number;
  readonly builder?: VectorBuilder;
  readonly lane: number;
}

async function* readAssembled(
  episode: Episode,
  plan: AssemblePlan,
  wants: readonly Want[],
  range: TimeRange | undefined,
): AsyncGenerator<Delivery> {
  const { asked, routes, looksAhead } = routesOf(plan, wants);
  const wider = range && looksAhead !== undefined ? await oneRowMore(episode, looksAhead, range) : range;
  for await (const delivery of episode.read(asked, wider)) {
    for (const { want, builder, lane } of routes[delivery.want]!) {
      if (!builder) {
        const inside = wider === range ? delivery.batch : cropBatch(delivery.batch, range!);
        if (inside) yield { want, batch: inside };
        continue;
      }
      builder.push(lane, delivery.batch as RowsBatch);
      yield* taken(builder, want, { end: false, range });
    }
  }
  for (const { want, builder, lane } of routes.flat()) {
    if (builder && lane === 0) yield* taken(builder, want, { end: true, range });
  }
}

function* taken(
  builder: VectorBuilder,
  want: number,
  { end, range }: { end: boolean; range: TimeRange | undefined },
): Generator<Delivery> {
  const batch = builder.take(end);
  const inside = batch && range ? cropBatch(batch, range) : batch;
  if (inside) yield { want, batch: inside };
}

/** Every stream is asked for once, however many vectors it is in. */
function routesOf(plan: AssemblePlan, wants: readonly Want[]) {
  const asked: Want[] = [];
  const routes: Route[][] = [];
  const rowsWants = new Map<string, number>();
  let looksAhead: string | undefined;
  const ask = (want: Want, route: Route) => {
    let place = want.as === "rows" ? rowsWants.get(want.stream) : undefined;
    if (place === undefined) {
      place = asked.push(want) - 1;
      routes.push([]);
      if (want.as === "rows") rowsWants.set(want.stream, place);
    }
    routes[place]!.push(route);
  };
  for (const [index, want] of wants.entries()) {
    const vector = plan.vectors.get(want.stream as Side);
    if (!vector) {
      ask(want, { want: index, lane: 0 });
      continue;
    }
    const builder = new VectorBuilder(vector);
    if (vector.next) looksAhead = builder.streams[0]!;
    for (const [lane, stream] of builder.streams.entries()) ask({ stream, as: "rows" }, { want: index, builder, lane });
  }
  return { asked, routes, looksAhead };
}

/** A range that holds one row more, for vectors that look ahead. */
async function oneRowMore(episode: Episode, stream: string, range: TimeRange): Promise<TimeRange> {
  const { time } = await episode.times(stream);
  const next = time[lowerBound(time, range.end)];
  return next === undefined ? range : { start: range.start, end: next + 1n };
}
