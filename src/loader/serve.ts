import { fstatSync } from "node:fs";
import type { Readable } from "node:stream";
import { asTendonError, TendonError } from "../core/errors.ts";
import { messagesOf } from "./lines.ts";
import { openSlotLoader, type SlotLoader } from "./slotLoader.ts";
import { parseLater, parseOpen, type Said } from "./wire.ts";

/**
 * Loads for another process, which maps the files that batches are written to: hears messages, and says when a batch
 * stands whole in its slot. Resolves when the other side is gone, or when an error was said.
 */
export async function serve(input: Readable, say: (message: Said) => Promise<void>): Promise<void> {
  try {
    await answer(messagesOf(input), say);
  } catch (thrown) {
    const { code, message, place } = asTendonError(thrown, "internal");
    await say({ error: { code, message, place } });
  }
}

async function answer(messages: AsyncGenerator<unknown>, say: (message: Said) => Promise<void>): Promise<void> {
  const first = await messages.next();
  if (first.done) return;
  const { options, files, held } = parseOpen(first.value);
  await using slots = await openSlotLoader(options, held);
  await say({ opened: slots.opened });
  for (const note of slots.notes) await say({ note });
  const failed = Promise.withResolvers<never>();
  const hear = async () => {
    for await (const value of messages) {
      const message = parseLater(value);
      if ("release" in message) slots.release(message.release);
      else {
        checkFiles(files, slots.opened);
        slots.start(files);
        fill(slots, say).catch(failed.reject);
      }
    }
  };
  await Promise.race([hear(), failed.promise]);
}

/** Batches as they become ready, ahead of the other side as far as slots are free. */
async function fill(slots: SlotLoader, say: (message: Said) => Promise<void>): Promise<void> {
  for (let batch = await slots.next(); batch; batch = await slots.next()) await say({ batch });
  await say({ end: true });
}

/** A program between us and Python may have closed the files, and their numbers may now be others': nothing of those is written to. */
function checkFiles(files: readonly number[], { slots, slotBytes }: SlotLoader["opened"]): void {
  files.forEach((file, place) => {
    const bytes = Math.max(0, Math.ceil((slots - place) / files.length)) * slotBytes;
    if (isFileOf(file, bytes)) return;
    const message =
      "the memory that Python made did not arrive: an older Node or a script in between closes it. " +
      "Name Node 24 itself, as `command=` or TENDON_COMMAND: node_modules/node/bin/node bin/tendon.mjs";
    throw new TendonError("missing-tool", message);
  });
}

function isFileOf(file: number, bytes: number): boolean {
  try {
    const stat = fstatSync(file);
    return stat.isFile() && stat.size === bytes;
  } catch {
    return false;
  }
}
