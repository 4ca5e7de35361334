// Runs suites one after another, each within its budget, and ends with one line over all of them.
// Without arguments: what `npm test` promises. `.ci/run` names the slower ones.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "node_modules", ".bin");

/** What a suite may take, in minutes: well above what it does take; with the set-up, together below CI's 90. */
const BUDGET_MINUTES = { check: 2, unit: 5, conformance: 8, real: 15, browser: 4, interop: 35, chaos: 10 };
const BY_DEFAULT = ["check", "unit", "conformance"];

const names = process.argv.slice(2);
process.exitCode = await main(names.length > 0 ? names : BY_DEFAULT);

async function main(suites) {
  const unknown = suites.filter((suite) => !(suite in BUDGET_MINUTES));
  if (unknown.length > 0) {
    console.error(`there is no suite ${unknown.join(", ")} (known: ${Object.keys(BUDGET_MINUTES).join(", ")})`);
    return 2;
  }
  const lines = [];
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of suites) {
    const started = Date.now();
    console.log(`\n== ${suite} (budget ${BUDGET_MINUTES[suite]} min)`);
    const counts = suite === "check" ? await runCheck() : await runVitest(suite);
    for (const key of Object.keys(total)) total[key] += counts[key];
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    lines.push(`${suite}: ${counts.passed} ok, ${counts.failed} not, ${counts.skipped} skipped, ${seconds} s`);
  }
  console.log(`\n${lines.join("\n")}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** Types, lint, format, dead code: one verdict, counted as one test. */
async function runCheck() {
  const script = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts.check;
  const ok = (await runWithin("check", "sh", ["-c", script])) === 0;
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

async function runVitest(project) {
  const folder = mkdtempSync(join(tmpdir(), "tendon-test-"));
  const report = join(folder, "report.json");
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  // Vitest leaves a core for itself; of two that is half. Other suites start workers and servers of their own.
  if (project === "unit") args.push("--maxWorkers=100%");
  const code = await runWithin(project, process.execPath, args);
  const counts = existsSync(report) ? countTests(JSON.parse(readFileSync(report, "utf8"))) : noReport(project);
  rmSync(folder, { recursive: true, force: true });
  // An error outside every test, or a run that was cut short, must not pass for a green one.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function countTests(report) {
  const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.every(isFine)).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function isFine(test) {
  return test.status !== "failed";
}

function noReport(project) {
  console.error(`the suite ${project} ended without a report`);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** The exit code; a suite past its budget is ended with all it started. */
async function runWithin(suite, command, args) {
  const env = { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ""}`, CI: process.env.CI ?? "true" };
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], env, detached: true });
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  };
  const interrupted = () => {
    end("SIGTERM");
    process.exit(130);
  };
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  const timer = setTimeout(() => {
    console.error(`the suite ${suite} took longer than its ${BUDGET_MINUTES[suite]} minutes and was ended`);
    end("SIGKILL");
  }, BUDGET_MINUTES[suite] * 60_000);
  const code = await new Promise((resolve) => {
    child.on("error", () => resolve(1));
    child.on("close", (status) => resolve(status ?? 1));
  });
  clearTimeout(timer);
  process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  return code;
}
