import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TendonError } from "../core/errors.ts";
import type { RunReport } from "../core/report.ts";
import { errorText } from "./errorText.ts";
import { EXIT, exitOfReport } from "./exit.ts";
import { makeProgram } from "./program.ts";
import { findingLines, reportText } from "./tell.ts";

const BIN = fileURLToPath(new URL("../../bin/tendon.mjs", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("tendon", () => {
  it("prints help with an example for every command", async () => {
    let text = "";
    const out = (more: string) => {
      text += more;
    };
    const program = makeProgram({ out, err: out, terminal: false, columns: 80 }, "0.0.0", () => undefined);
    const shown = program
      .createHelp()
      .visibleCommands(program)
      .filter((command) => command.name() !== "help");
    expect(shown.map((command) => command.name())).toEqual([
      "run",
      "plan",
      "inspect",
      "convert",
      "init",
      "preview",
      "explain",
      "report",
      "simulate",
      "schema",
      "demo",
      "loader",
    ]);
    for (const command of shown) {
      text = "";
      command.outputHelp();
      expect(text).toContain("Example:\n  $ tendon ");
      expect(text).toContain("--debug");
    }
  });

  it("prints usage, guesses the command and exits 2", async () => {
    const { code, stderr } = await tendon("inspct", "x");
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain("Did you mean inspect?");
    expect((await tendon("convert", "a", "b")).code).toBe(EXIT.usage);
    expect((await tendon("run", "x.yaml", "--workers", "0")).code).toBe(EXIT.usage);
  });

  it("names what is missing, and exits 1", async () => {
    const path = join(folder, "missing.mcap");
    const { code, stderr, stdout } = await tendon("inspect", path);
    expect({ code, stdout }).toEqual({ code: EXIT.failed, stdout: "" });
    expect(stderr).toBe(`tendon: ${path}: there is no such file or folder\n`);
  });

  it("prints an error as one JSON object too, and a stack only with --debug", async () => {
    const path = join(folder, "missing.mcap");
    const { stdout, stderr } = await tendon("inspect", path, "--json");
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "not-found", message: "there is no such file or folder", place: { file: path } },
    });
    expect(stderr).not.toContain("    at ");
    expect((await tendon("inspect", path, "--debug")).stderr).toContain("    at ");
  });

  it("points at line and column of every mistake in a pipeline, and exits 2", async () => {
    const path = join(folder, "wrong.yaml");
    await writeFile(
      path,
      "dataset: out\nsources:\n  a: { mcap: { path: x.mcap } }\nstages:\n  - algin: {}\n  - align:\n      rateHz: -15\nsinks:\n  - gr00t: {}\n",
    );
    const { code, stderr } = await tendon("run", path);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain(`${path}:5:5: stages[0]: there is no stage "algin"; did you mean "align"?`);
    expect(stderr).toContain(`${path}:7:7: stages[1].align.rateHz: `);
    expect(stderr).toContain("(got -15)");
  });

  it("prints the JSON Schema of the pipeline file", async () => {
    const schema = JSON.parse((await tendon("schema")).stdout) as { properties: { stages: { items: { properties: object } } } };
    expect(Object.keys(schema.properties.stages.items.properties)).toContain("align");
  });
});

describe("exit codes", () => {
  it("follow from what the user must do", () => {
    expect(exitOfReport(report({}))).toBe(EXIT.ok);
    const failure = { episode: "a", step: "sources.a", code: "bad-data" as const, message: "", place: {}, attempt: 1 };
    const failed = { episodes: { read: 1, kept: 1, dropped: 0, failed: 1 }, totals: { drops: 0, failures: 1, findings: 0 } };
    expect(exitOfReport(report({ ...failed, failures: [failure] }))).toBe(EXIT.failed);
    expect(exitOfReport(report({ ...failed, failures: [{ ...failure, code: "missing-tool" }] }))).toBe(EXIT.machine);
    expect(exitOfReport(report({ snapshot: null, episodes: { read: 1, kept: 0, dropped: 1, failed: 0 } }))).toBe(EXIT.failed);
    expect(exitOfReport(report({ episodes: { read: 2, kept: 1, dropped: 1, failed: 0 } }))).toBe(EXIT.ok);
  });
});

describe("texts", () => {
  it("tell findings alike once, the worst first", () => {
    const finding = (episode: string, message: string, severity: "broken" | "note") => ({
      check: "gaps",
      severity,
      episode,
      message,
    });
    const lines = findingLines(
      [finding("a", "gap of 1.2 s", "note"), finding("b", "gap of 3 s", "note"), finding("c", "lost", "broken")],
      3,
    );
    expect(lines).toEqual([
      "3 findings: 1 broken, 2 note",
      "  broken  gaps: c: lost",
      "  note  gaps: a: gap of 1.2 s (and 1 more like it)",
    ]);
  });

  it("say that nothing was to do", () => {
    expect(reportText(report({ work: { done: 0, reused: 9 } }))).toContain("nothing to do");
  });

  it("give an error its place and its advice", () => {
    const error = new TendonError("no-space", "the disk is full", { place: { file: "out" } });
    expect(errorText(error, { debug: false })).toBe(
      "tendon: out: the disk is full\nMake room and run the same command again: what was finished is kept.",
    );
  });
});

function report(changes: Partial<RunReport>): RunReport {
  return {
    snapshot: "0".repeat(64),
    home: "/out",
    views: [],
    episodes: { read: 1, kept: 1, dropped: 0, failed: 0 },
    drops: [],
    failures: [],
    findings: [],
    totals: { drops: 0, failures: 0, findings: 0 },
    details: "/out/history/x.jsonl",
    work: { done: 1, reused: 0 },
    ...changes,
  };
}

function tendon(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr })));
}
