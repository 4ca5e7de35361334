import type { Codecs } from "../core/codecs.ts";
import type { Context } from "../core/context.ts";
import type { Bad, Episode } from "../core/episode.ts";
import { asTendonError, type TendonError } from "../core/errors.ts";
import type { CheckResult, Finding } from "../core/finding.ts";
import { canonicalJson, type Json } from "../core/json.ts";
import type { Drop, Failure } from "../core/report.ts";
import type { WriteContext } from "../core/sink.ts";
import { toSeconds } from "../core/time.ts";
import { blamed, named } from "./blame.ts";
import { decodedEpisode } from "./decoded.ts";
import { encodedEpisode } from "./encoded.ts";
import type { Outcome, Output } from "./outcome.ts";
import { pass, type Seat, type Tally } from "./pass.ts";
import { applies, type MadeSource, type Recipe, type WatcherPlan } from "./recipe.ts";
import { rgbOnly } from "./rgbOnly.ts";
import { tapEpisode } from "./tap.ts";

/** What the task hands to a gather pass. */
export interface GatherEnvironment {
  readonly recipe: Recipe;
  readonly source: MadeSource;
  readonly codecs: Codecs;
  readonly tally: Tally;
  readonly attempt: number;
  /** A context for one step and episode; its drops and findings come back through `drop` and `find` below. */
  context(step: string, episode: string, out: Said): Context;
  /** A context whose `park` shares one shelf; one an output. */
  writing(context: Context): WriteContext;
  /** Called once an output, when its writers are done. */
  outputDone?(output: Output): void;
}

/** Where a context puts what a plug-in says. */
export interface Said {
  drop(drop: Omit<Drop, "by">): void;
  find(finding: Finding): void;
}

/** What a pass over one source episode gave. */
export interface Gathered {
  readonly outcome: Outcome;
  /** By the place of the watcher in the plan list: one value an output (source checks: one in all). Missing where it failed. */
  readonly left: ReadonlyMap<number, readonly Json[]>;
  readonly failures: readonly Failure[];
}

/** Sends one episode through all stages in one pass that the given watchers look at. Never throws for what the episode or a plug-in did wrong. */
export async function gatherEpisode(
  environment: GatherEnvironment,
  episode: Episode | Bad,
  watchers: readonly WatcherPlan[],
  wanted: readonly number[],
): Promise<Gathered> {
  return new Gathering(environment, watchers, new Set(wanted)).run(episode);
}

class Gathering {
  readonly #env: GatherEnvironment;
  readonly #watchers: readonly WatcherPlan[];
  readonly #wanted: ReadonlySet<number>;
  readonly #outputs: Output[] = [];
  readonly #drops: Drop[] = [];
  readonly #findings: Finding[] = [];
  readonly #left = new Map<number, Json[]>();
  readonly #failures: Failure[] = [];

  constructor(environment: GatherEnvironment, watchers: readonly WatcherPlan[], wanted: ReadonlySet<number>) {
    this.#env = environment;
    this.#watchers = watchers;
    this.#wanted = wanted;
  }

  async run(opened: Episode | Bad): Promise<Gathered> {
    const { source } = this.#env;
    const id = `${source.source}/${opened.id}`;
    let broken: Failure | undefined;
    try {
      if ("bad" in opened) throw opened.error;
      await this.#descendFrom(this.#adopt(opened, id));
    } catch (thrown) {
      const failure = this.#failure(thrown, id, blamed(thrown, source.path));
      if (failure.code === "cancelled") throw thrown;
      if (failure.code === "bad-data") broken = failure;
      else this.#failures.push(failure);
      this.#outputs.length = 0;
      this.#left.clear();
    }
    const outcome = {
      id,
      outputs: this.#outputs,
      drops: this.#drops,
      findings: this.#findings,
      ...(broken && { failure: broken }),
    };
    return { outcome, left: this.#left, failures: broken ? [broken, ...this.#failures] : this.#failures };
  }

  /** The source's own episode as the run knows it: with its source's name, and decoded where frames are asked for. */
  #adopt(episode: Episode, id: string): Episode {
    const { source, codecs } = this.#env;
    for (const finding of episode.findings ?? []) this.#findings.push({ ...finding, episode: id });
    const facts = { ...episode.facts, source: source.source, tier: source.tier };
    const told = new Set<string>();
    const skipped = (stream: string, pictures: number) => {
      if (told.has(stream)) return;
      told.add(stream);
      const message = `${pictures} coded pictures could not be decoded: the video is damaged; copy it again, or record the episode again`;
      this.#findings.push({ check: "decode", severity: "broken", episode: id, stream, message });
    };
    return named(decodedEpisode(named({ ...episode, id, facts }, source.path), codecs, skipped), source.path);
  }

  async #descendFrom(episode: Episode): Promise<void> {
    const seats = await this.#checkSeats(episode, -1);
    const tap = tapEpisode(episode, seats, this.#signal(episode));
    await this.#descend(tap.episode, 0);
    await tap.finish(this.#env.tally);
    this.#collect(seats, episode.id);
  }

  async #descend(episode: Episode, at: number): Promise<void> {
    const { recipe, source, tally } = this.#env;
    const step = recipe.chain[at];
    if (step === undefined) return this.#finishOutput(episode);
    if (step.kind === "checks") {
      const seats = await this.#checkSeats(episode, at);
      const tap = tapEpisode(episode, seats, this.#signal(episode));
      await this.#descend(tap.episode, at + 1);
      await tap.finish(tally);
      return this.#collect(seats, episode.id);
    }
    if (!applies(step.only, source.source, episode.schema)) return this.#descend(episode, at + 1);
    const dropsBefore = this.#drops.length;
    const context = this.#context(step.path, episode.id);
    const made = await this.#run(step.path, async () => step.made.each(rgbOnly(episode), context));
    if (made === null) {
      if (this.#drops.length === dropsBefore)
        this.#drops.push({ episode: episode.id, reason: `${step.path} left it out and gave no reason`, by: step.path });
      return;
    }
    if (Symbol.asyncIterator in made) {
      for await (const child of made) await this.#descend(named(child, step.path), at + 1);
    } else {
      await this.#descend(named(made, step.path), at + 1);
    }
  }

  /** The end of the chain: one pass for the decisions' watchers and the sinks' writers. */
  async #finishOutput(last: Episode): Promise<void> {
    const { codecs, recipe, tally } = this.#env;
    const dropsBefore = this.#drops.length;
    const episode = encodedEpisode(last, codecs);
    const seats: Seat[] = [];
    const write = this.#env.writing(this.#context("sinks", episode.id));
    for (const [index, plan] of this.#watchers.entries()) {
      if (plan.at !== recipe.chain.length || !this.#wanted.has(index)) continue;
      const context = this.#context(plan.path, episode.id);
      const made =
        plan.kind === "sink"
          ? recipe.sinks[plan.place]!.made.write(episode, { ...context, park: (of, wants) => write.park(of, wants) })
          : recipe.decisions[plan.place]!.made.watch!(episode, context);
      seats.push({ path: plan.path, watcher: await this.#run(plan.path, async () => made) });
    }
    await pass(episode, seats, tally, this.#signal(episode));
    if (this.#drops.slice(dropsBefore).some((drop) => drop.row === undefined && drop.episode === episode.id)) return;
    const output = await this.#output(episode);
    this.#outputs.push(output);
    this.#collect(seats, episode.id);
    this.#env.outputDone?.(output);
  }

  async #output(episode: Episode): Promise<Output> {
    const { id, parent, facts, clock, span, schema } = episode;
    const first = schema.grid?.camera ?? schema.grid?.streams[0];
    const rows = first === undefined ? 0 : (await episode.times(first)).time.length;
    const common = { id, facts, clock, startNs: span.start.toString(), endNs: span.end.toString(), schema, rows };
    return parent === undefined ? common : { ...common, parent };
  }

  async #checkSeats(episode: Episode, at: number): Promise<Seat[]> {
    const seats: Seat[] = [];
    for (const [index, plan] of this.#watchers.entries()) {
      if (plan.kind !== "check" || plan.at !== at || !this.#wanted.has(index)) continue;
      const check = this.#check(plan);
      const context = this.#context(plan.path, episode.id);
      seats.push({ path: plan.path, watcher: await this.#run(plan.path, async () => check.watch(episode, context)) });
    }
    return seats;
  }

  #check(plan: WatcherPlan) {
    for (const step of this.#env.recipe.chain) {
      if (step.kind !== "checks") continue;
      const check = step.checks.find((each) => each.path === plan.path);
      if (check) return check.made;
    }
    throw new Error(`no check at ${plan.path}`);
  }

  #collect(seats: readonly Seat[], episode: string): void {
    for (const seat of seats) {
      const index = this.#watchers.findIndex((plan) => plan.path === seat.path);
      if (!seat.outcome) continue;
      if ("error" in seat.outcome) {
        this.#failures.push(this.#failure(seat.outcome.error, episode, seat.path));
        continue;
      }
      const values = this.#left.get(index) ?? [];
      values.push(seat.outcome.value as Json);
      this.#left.set(index, values);
    }
  }

  async #run<T>(step: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      const error = asTendonError(thrown, "plugin-failed");
      throw this.#blame(error, step);
    }
  }

  #blame(error: TendonError, step: string): TendonError {
    const path = error.place.path === undefined ? step : `${step}${error.place.path.replace(/^[^.]*/, "")}`;
    return new (error.constructor as typeof TendonError)(error.code, error.message, {
      place: { ...error.place, path },
      cause: error.cause ?? error,
    });
  }

  #failure(thrown: unknown, episode: string, step: string): Failure {
    const aborted = thrown instanceof Error && thrown.name === "AbortError";
    const error = asTendonError(thrown, aborted ? "cancelled" : "plugin-failed", { episode });
    return {
      episode,
      step: error.place.path ?? step,
      code: aborted ? "cancelled" : error.code,
      message: error.message,
      place: error.place,
      attempt: this.#env.attempt,
    };
  }

  #context(step: string, episode: string): Context {
    return this.#env.context(step, episode, {
      drop: (drop) => void this.#drops.push({ ...drop, by: step }),
      find: (finding) => this.#find({ ...finding, episode: finding.episode ?? episode }),
    });
  }

  /** What two sinks, or two passes, say of an episode in the same words is told once. */
  #find(finding: Finding): void {
    if (!this.#findings.some((known) => canonicalJson(known) === canonicalJson(finding))) this.#findings.push(finding);
  }

  #signal(episode: Episode): AbortSignal {
    return this.#context("pass", episode.id).signal;
  }
}

/** The findings of a check's receipt, with the episode they are about. */
export function checkResult(value: Json, episode: string): CheckResult {
  const result = value as unknown as CheckResult;
  return { ...result, findings: result.findings.map((finding) => ({ ...finding, episode: finding.episode ?? episode })) };
}

export function durationSec(output: Output): number {
  return toSeconds(BigInt(output.endNs) - BigInt(output.startNs));
}
