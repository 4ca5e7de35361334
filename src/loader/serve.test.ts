import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { messagesOf } from "./lines.ts";
import { serve } from "./serve.ts";
import { LINE_BYTES_MAX, type Said } from "./wire.ts";

async function said(...lines: readonly (string | object)[]): Promise<Said[]> {
  const input = new PassThrough();
  const heard: Said[] = [];
  for (const line of lines) input.write(typeof line === "string" ? line : `${JSON.stringify(line)}\n`);
  input.end();
  await serve(input, async (message) => void heard.push(message));
  return heard;
}

const open = { files: [3], parent: 1, held: 2 };
const options = { path: "no/such/folder", batchSize: 4, windows: { action: [0] } };

test("what is wrong with the first message is said with its path", async () => {
  expect(await said({ ...open, open: { ...options, bacthSize: 3 } })).toEqual([
    {
      error: {
        code: "bad-pipeline",
        message: 'there is no such option; did you mean "batchSize"?',
        place: { path: "bacthSize" },
      },
    },
  ]);
  expect(await said({ ...open, open: { ...options, edges: "holt" } })).toMatchObject([
    { error: { message: expect.stringContaining('(got "holt")'), place: { path: "edges" } } },
  ]);
  expect(await said({ ...open, files: [0], open: options })).toMatchObject([{ error: { place: { path: "files.0" } } }]);
  expect(await said({ ...open, open: options })).toMatchObject([{ error: { code: "not-found" } }]);
});

test("what is no message is refused, and nothing at all ends in silence", async () => {
  expect(await said("hello\n")).toMatchObject([{ error: { message: "got a message that is no JSON: hello" } }]);
  expect(await said()).toEqual([]);
  expect(await said('{"open":')).toEqual([]);
});

test("messages may come in any pieces", async () => {
  const input = new PassThrough();
  const whole = Buffer.from('{"a":"ä"}\n{"b":2}\n\n'.trimEnd().concat("\n"));
  for (const byte of whole) input.write(Buffer.of(byte));
  input.end();
  const heard = [];
  for await (const message of messagesOf(input)) heard.push(message);
  expect(heard).toEqual([{ a: "ä" }, { b: 2 }]);
});

test("a line without end is refused before it fills the memory", async () => {
  const input = new PassThrough();
  const read = async () => {
    for await (const _ of messagesOf(input));
  };
  const reading = expect(read()).rejects.toThrow("got a message of more than 16 MiB");
  const piece = Buffer.alloc(1 << 20, 97);
  for (let bytes = 0; bytes <= LINE_BYTES_MAX; bytes += piece.length) input.write(piece);
  await reading;
});
