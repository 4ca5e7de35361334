import type { Delivery } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import type { Output, Passage } from "./output.ts";

/** One want of a pass, with its place in the list that was asked for. */
export interface Lane {
  readonly stream: string;
  readonly made: Output | Passage;
}

/**
 * One pass over the recording, as rows merged by time. The lane whose next row is earliest goes first;
 * while its sample has not come, the recording is read on, and what the other lanes then cannot use
 * yet is copied: as little as the streams are apart in time.
 */
export async function* weave(input: AsyncIterable<Delivery>, lanes: readonly Lane[]): AsyncGenerator<Delivery> {
  const iterator = input[Symbol.asyncIterator]();
  const outputs = lanes.map(({ made }) => ("take" in made ? made : undefined));
  const passing = outputs.includes(undefined);
  let live: Output | undefined;
  try {
    for (;;) {
      const want = earliest(outputs);
      if (want < 0 && !passing) return;
      const batch = outputs[want]?.take();
      if (batch) {
        yield { want, batch };
        continue;
      }
      live?.retain();
      live = undefined;
      const step = await iterator.next();
      if (step.done) {
        if (want >= 0) throw endedEarly(lanes[want]!);
        return;
      }
      const { made } = lanes[step.value.want]!;
      if ("take" in made) {
        made.push(step.value.batch);
        live = made;
      } else {
        const passed = made.pass(step.value.batch);
        if (passed) yield { want: step.value.want, batch: passed };
      }
    }
  } finally {
    for (const output of outputs) output?.close?.();
    await iterator.return?.();
  }
}

function earliest(outputs: readonly (Output | undefined)[]): number {
  let best = -1;
  let bestTime: bigint | undefined;
  for (let index = 0; index < outputs.length; index++) {
    const time = outputs[index]?.nextTime;
    if (time === undefined) continue;
    if (bestTime === undefined || time < bestTime) {
      best = index;
      bestTime = time;
    }
  }
  return best;
}

function endedEarly({ stream, made }: Lane): TendonError {
  const time = "take" in made ? made.nextTime : undefined;
  return new TendonError(
    "bad-data",
    `the stream ended before the sample for the row at ${time} ns, though its times say that there is one: the recording is cut short or a picture does not decode`,
    { place: { stream } },
  );
}
