import type { Delivery, Encoding, FramesBatch, Want } from "../core/batch.ts";
import type { Codecs, Encoder } from "../core/codecs.ts";
import type { Episode } from "../core/episode.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { TimeRange } from "../core/time.ts";
import { rendezvous } from "./rendezvous.ts";
import { uniteWants } from "./wants.ts";

/**
 * An episode that gives frames, made to give encoded packets too. In one read there is one encoder
 * for each stream and encoding; callers unite equal wants before.
 */
export function encodedEpisode(episode: Episode, codecs: Codecs): Episode {
  return {
    ...episode,
    times: (stream) => episode.times(stream),
    read: (wants, range) => readEncoded(episode, codecs, wants, range),
  };
}

async function* readEncoded(
  episode: Episode,
  codecs: Codecs,
  wants: readonly Want[],
  range?: TimeRange,
): AsyncGenerator<Delivery> {
  const encoded = wants.flatMap((want, index) =>
    want.as === "packets" && want.encoding !== "as recorded" ? [{ stream: want.stream, encoding: want.encoding, index }] : [],
  );
  if (encoded.length === 0) {
    yield* episode.read(wants, range);
    return;
  }
  const indexes = new Set(encoded.map(({ index }) => index));
  const passed = wants.flatMap((_, index) => (indexes.has(index) ? [] : [index]));
  const inner = uniteWants([
    passed.map((index) => wants[index]!),
    encoded.map(({ stream, encoding }): Want => ({ stream, as: "frames", format: encoding.pixelFormat })),
  ]);
  const encoders: (Encoder | undefined)[] = encoded.map(() => undefined);
  yield* rendezvous<Delivery>(async (emit) => {
    const open = (place: number) => openEncoder(episode, codecs, encoded[place]!);
    try {
      for await (const { want, batch } of episode.read(inner.wants, range)) {
        for (const route of inner.routes[want]!) {
          if (route.reader === 0) {
            await emit({ want: passed[route.want]!, batch });
            continue;
          }
          const encoder = encoders[route.want] ?? (await open(route.want));
          encoders[route.want] = encoder;
          await encoder.push(batch as FramesBatch, (packets) => emit({ want: encoded[route.want]!.index, batch: packets }));
        }
      }
      for (const [place, encoder] of encoders.entries()) {
        await encoder?.flush((packets) => emit({ want: encoded[place]!.index, batch: packets }));
      }
    } finally {
      for (const encoder of encoders) await encoder?.[Symbol.asyncDispose]();
    }
  });
}

async function openEncoder(episode: Episode, codecs: Codecs, want: { stream: string; encoding: Encoding }): Promise<Encoder> {
  const place = { episode: episode.id, stream: want.stream };
  const video = episode.schema.features[want.stream]?.video;
  if (!video) throw new TendonError("internal", "is to be encoded, but the schema says no picture size", { place });
  const rateHz = episode.schema.grid?.rateHz ?? episode.schema.features[want.stream]?.rateHz;
  if (!rateHz) throw new TendonError("bad-data", "has no known frame rate to encode at", { place });
  try {
    return await codecs.encoder(want.encoding, { height: video.height, width: video.width }, rateHz);
  } catch (thrown) {
    throw asTendonError(thrown, "plugin-failed", place);
  }
}
