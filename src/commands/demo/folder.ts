import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asTendonError, TendonError } from "../../core/errors.ts";

const MARK = "made-by-tendon-demo.json";
const CONTENTS = ["recordings", "truth", "dataset", "undisturbed", "report.html"];

/** The places of one demo. All absolute. */
export interface DemoFolder {
  readonly recordings: string;
  readonly truth: string;
  readonly dataset: string;
  /** The dataset of the run that nothing disturbed. */
  readonly undisturbed: string;
  readonly report: string;
  /** Whether an earlier demo's results were there and are gone. */
  readonly again: boolean;
}

/** Makes the demo's folder, or empties it of what an earlier demo made. Nothing else is ever removed. */
export async function demoFolder(path: string): Promise<DemoFolder> {
  try {
    await mkdir(path, { recursive: true });
    const held = await readdir(path);
    const again = held.includes(MARK) && (await readFile(join(path, MARK), "utf8")).includes("tendon");
    const strange = held.filter((name) => name !== MARK && !(again && CONTENTS.includes(name)));
    if (strange.length > 0) {
      const message = `holds ${strange.slice(0, 3).join(", ")}, which the demo did not make; move that away, or run the demo from another folder`;
      throw new TendonError("bad-pipeline", message, { place: { file: path } });
    }
    if (again) for (const name of CONTENTS) await rm(join(path, name), { recursive: true, force: true });
    await writeFile(join(path, MARK), `${JSON.stringify({ tendon: "demo", contents: CONTENTS })}\n`);
    const at = (name: string) => join(path, name);
    return {
      recordings: at("recordings"),
      truth: at("truth"),
      dataset: at("dataset"),
      undisturbed: at("undisturbed"),
      report: at("report.html"),
      again,
    };
  } catch (thrown) {
    throw asTendonError(thrown, "not-found", { file: path });
  }
}
