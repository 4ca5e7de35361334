import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { digest, startDigest } from "../core/digest.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import type { PlacedPart, ViewPlan } from "../core/part.ts";
import type { ArrangeContext, FilePlan, FileReceipt } from "../core/sink.ts";
import { openBuiltFiles } from "../dataset/files.ts";
import { discard } from "../dataset/home.ts";
import { hasPart } from "../dataset/partFile.ts";
import { partReader } from "../dataset/partReader.ts";
import type { Life } from "./life.ts";
import { readList, writeList } from "./lists.ts";
import type { BuildArguments, DecidedView, FinishArguments, FinishReply, LaidFile, LayoutReply } from "./protocol.ts";
import type { ListedPart } from "./viewGroups.ts";
import type { WorkerRun } from "./workerRun.ts";

const PIECE_BYTES = 1 << 18;

/** Lays one view out: which files there are, and what decides each of them. */
export async function layout(run: WorkerRun, { view }: { view: DecidedView }, life: Life): Promise<LayoutReply> {
  const sink = run.recipe.sinks[view.sink]!;
  life.step(sink.path);
  const built = openBuiltFiles(run.stores().home);
  const plans = writeList<FilePlan>(join(run.stores().scratch, `files-${view.sink}-${view.embodiment}.jsonl`));
  const all = startDigest();
  const files: LaidFile[] = [];
  const seen = new Set<string>();
  await withParts(run, view, async () => {
    for await (const plan of life.each(sink.made.layout(planOf(view), partsOf(view, life), contextOf(run, sink.path, life)))) {
      checkPath(plan.path, seen, sink.path);
      const key = fileKey(run, view, plan);
      all.add(`${canonicalJson({ path: plan.path, key })}\n`);
      await plans.add(plan);
      files.push({ key, path: plan.path, share: plan.share, built: (await built.receipt(key)) !== null });
    }
  });
  await plans.close();
  return { digest: all.end(), files, plans: plans.path };
}

/** Builds one output file, unless it stands already. */
export async function build(run: WorkerRun, { view, plan }: BuildArguments, life: Life): Promise<null> {
  const sink = run.recipe.sinks[view.sink]!;
  const step = `${sink.path} (${plan.path})`;
  life.step(step);
  const { home } = run.stores();
  const temporary = home.temporary();
  try {
    const context = contextOf(run, sink.path, life);
    const result = await withParts(run, view, () => sink.made.build(plan, temporary, context));
    await openBuiltFiles(home).place(fileKey(run, view, plan), temporary, result);
  } catch (thrown) {
    await discard(temporary);
    throw asTendonError(thrown, "plugin-failed", { path: step });
  }
  return null;
}

/** Puts the built files of a view into its folder and lets the sink describe the whole. */
export async function finish(run: WorkerRun, { view, plans, folder }: FinishArguments, life: Life): Promise<FinishReply> {
  const sink = run.recipe.sinks[view.sink]!;
  life.step(sink.path);
  const built = openBuiltFiles(run.stores().home);
  const files: FileReceipt[] = [];
  await mkdir(folder, { recursive: true });
  for await (const plan of life.each(readList<FilePlan>(plans))) {
    const key = fileKey(run, view, plan);
    const receipt = await built.receipt(key);
    if (!receipt) throw new TendonError("internal", `${plan.path} was not built`, { place: { path: sink.path } });
    await built.give(key, join(folder, ...plan.path.split("/")), plan.share);
    files.push({ ...plan, ...receipt });
  }
  const made = { parts: () => partsOf(view, life), files, folder };
  await withParts(run, view, () => sink.made.finish(planOf(view), made, contextOf(run, sink.path, life)));
  return { files: await inventory(folder, files, life) };
}

/** What sinks are told of a view's parts. */
async function* partsOf({ list }: DecidedView, life: Life): AsyncGenerator<PlacedPart> {
  for await (const { receipt: _, ...part } of life.each(readList<ListedPart>(list))) yield part;
}

/** Where parts turn out to be gone, what they were known by is forgotten: the next run reads their episodes anew. */
async function withParts<T>(run: WorkerRun, { list }: DecidedView, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (asTendonError(thrown, "plugin-failed").code !== "not-found") throw thrown;
    const { home, receipts } = run.stores();
    for await (const { part, receipt } of readList<ListedPart>(list)) {
      const parked = [...Object.values(part.tables), ...Object.values(part.packets)];
      if (!parked.every(({ key }) => hasPart(home, key))) await receipts.forget(receipt);
    }
    throw thrown;
  }
}

function planOf({ embodiment, schema }: DecidedView): ViewPlan {
  return { embodiment, schema };
}

/** Everything that decides a file's bytes. Its place in the view does not. */
function fileKey(run: WorkerRun, view: DecidedView, plan: FilePlan): string {
  const { name, version } = run.recipe.sinks[view.sink]!;
  return digest([name, version, plan.recipe]);
}

function contextOf(run: WorkerRun, path: string, life: Life): ArrangeContext {
  return life.used(Object.assign(run.baseContext(path), { parts: life.read(partReader(run.stores().home)) }));
}

function checkPath(path: string, seen: Set<string>, sink: string): void {
  const parts = path.split("/");
  if (path.startsWith("/") || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new TendonError("plugin-failed", `plans a file outside its view: ${path}`, { place: { path: sink } });
  }
  if (seen.has(path)) throw new TendonError("plugin-failed", `plans ${path} twice`, { place: { path: sink } });
  seen.add(path);
}

/** Path, size and SHA-256 of every file; those that were built are known already. */
async function inventory(folder: string, files: readonly FileReceipt[], life: Life): Promise<FinishReply["files"]> {
  const known = new Map(files.map((file) => [file.path, file]));
  const found: { path: string; bytes: number; sha256: string }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const path = relative(folder, absolute).split(sep).join("/");
    const built = known.get(path);
    if (built) found.push({ path, bytes: built.bytes, sha256: built.sha256 });
    else found.push({ path, ...hashFile(absolute, life) });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function hashFile(path: string, life: Life): { bytes: number; sha256: string } {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let bytes = 0;
  const file = openSync(path, "r");
  try {
    for (let got = readSync(file, piece); got > 0; got = readSync(file, piece)) {
      life.sign();
      hash.update(piece.subarray(0, got));
      bytes += got;
    }
  } finally {
    closeSync(file);
  }
  return { bytes, sha256: hash.digest("hex") };
}
