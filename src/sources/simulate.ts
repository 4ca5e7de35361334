import { z } from "zod";
import type { SourceContext } from "../core/context.ts";
import { digest } from "../core/digest.ts";
import type { Episode } from "../core/episode.ts";
import { TendonError } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import { defineSource, unfingerprinted } from "../core/plugin.ts";
import type { Partition, Source } from "../core/source.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import { parseFault } from "../simulator/faults.ts";
import { liveEpisode, simulatedSchema } from "../simulator/live.ts";
import { type EpisodePlan, planEpisodes, TASK_NAMES } from "../simulator/plan.ts";
import { simulateEpisode } from "../simulator/simulate.ts";

const EPISODES_MAX = 100_000;
/** About what an episode comes to, for showing progress. */
const EPISODE_BYTES = 2_000_000;
const OPEN = z.strictObject({ index: z.number().int().nonnegative() });

const options = z.strictObject({
  // An episode is the same however many there are, so more of them cost only their own work.
  episodes: unfingerprinted(z.number().int().positive().max(EPISODES_MAX).default(6).describe("How many attempts at tasks")),
  seed: z.number().int().nonnegative().default(0).describe("Equal seeds give equal episodes"),
  faults: z
    .array(z.string().min(1))
    .default([])
    .describe("Faults to plant, each KIND[@TARGET][#EPISODE][:START-END][=VALUE], such as frozen@head:1.2-1.9"),
  noise: z.enum(["usual", "none"]).default("usual").describe("Of clocks and sensors"),
  cameras: z.enum(["all", "none"]).default("all").describe("none needs no encoder"),
  task: z
    .enum(TASK_NAMES)
    .optional()
    .describe("One kind of task alone: `put` (with the right hand) or `hand-over`. Default: all"),
});
type Options = z.output<typeof options>;

/**
 * Simulates a bimanual humanoid at work and gives its episodes directly, without files: the streams that
 * the `mcap` source reads from recordings of `tendon simulate` with the same options.
 */
export const simulate = defineSource({
  name: "simulate",
  version: "1",
  about: "Episodes of a simulated bimanual humanoid, with faults if asked",
  example: 'simulate: { episodes: 20, seed: 7 }\nsimulate: { episodes: 4, faults: ["frozen@head:1.2-1.9"] }',
  options,
  create: (settings) => new SimulateSource(settings),
});

class SimulateSource implements Source {
  readonly #plans: readonly EpisodePlan[];
  readonly #options: Options;

  constructor(settings: Options) {
    this.#options = settings;
    this.#plans = planEpisodes({ ...settings, faults: settings.faults.map(parseFault) });
  }

  async schema(): Promise<readonly EpisodeSchema[]> {
    return [simulatedSchema(this.#options.cameras)];
  }

  async *plan(): AsyncGenerator<Partition> {
    const { key } = simulatedSchema(this.#options.cameras);
    for (const { index, name, seed, noiseSeed, faults, noise, cameras } of this.#plans) {
      const version = digest({ seed, noiseSeed, faults: faults.map((fault) => ({ ...fault })), noise, cameras });
      yield { key: name, schema: key, version, bytes: EPISODE_BYTES, episodes: 1, open: { index } };
    }
  }

  async *open(partition: Partition, { signal }: SourceContext): AsyncGenerator<Episode> {
    const plan = this.#plans[OPEN.parse(partition.open).index];
    if (!plan) throw new TendonError("internal", `there is no episode ${partition.key} to simulate`);
    const codecs = plan.cameras === "all" ? { codecs: await openCodecs() } : {};
    const episode = await simulateEpisode(plan, { ...codecs, signal });
    yield liveEpisode(episode, simulatedSchema(plan.cameras));
  }
}
