import type { Finding } from "../../core/finding.ts";
import type { Registry } from "../../core/registry.ts";
import type { Drop, Failure } from "../../core/report.ts";
import { optionsOf } from "./steps.ts";
import type { ExplainedDrop, ExplainedFailure, ExplainedStep } from "./types.ts";

export interface RemovedGiven {
  readonly registry: Registry;
  readonly steps: readonly ExplainedStep[];
  readonly findings: readonly Finding[];
}

/** Why something was left out: on what evidence, with which thresholds, and what would keep it. */
export function explainDrop(drop: Drop, { registry, steps, findings }: RemovedGiven): ExplainedDrop {
  const step = steps.find(({ path }) => path === drop.by);
  const evidence = findings.filter((finding) => isEvidence(finding, drop));
  const checks = steps.filter(({ kind, name }) => kind === "check" && evidence.some(({ check }) => check === name));
  return {
    ...(drop.row !== undefined && { row: drop.row }),
    reason: drop.reason,
    ...(drop.score !== undefined && { score: drop.score }),
    by: drop.by,
    evidence,
    thresholds: [...(step ? [step] : []), ...checks].flatMap((each) => optionsOf(registry, each)),
    toKeep: toKeep(step, evidence, checks),
  };
}

/** A gate's reason quotes the worst finding; the others of its severity count as well. */
function isEvidence(finding: Finding, { reason, by }: Drop): boolean {
  if (reason.includes(finding.message)) return true;
  const severity = /^(broken|risk|note): /.exec(reason)?.[1];
  return severity === finding.severity && by.startsWith("decisions[");
}

/** What a user edits. Built-in steps are told in their own words, others by their options. */
function toKeep(step: ExplainedStep | undefined, evidence: readonly Finding[], checks: readonly ExplainedStep[]): string {
  if (!step) return "edit the step that dropped it and run again; `tendon plan PIPELINE` lists the steps";
  if (step.name === "gate" && evidence[0]) {
    const { severity } = evidence[0];
    const paths = checks.map(({ path }) => path).join(", ");
    const looser = paths ? `raise the thresholds of ${paths} if what it saw is no fault, or ` : "";
    return `${looser}write \`gate: { ${severity}: keep }\` at ${step.path} to keep all such episodes; then run again (nothing is read twice)`;
  }
  const own: { readonly [name: string]: string } = {
    gate: `change the limit at ${step.path} and run again (nothing is read twice)`,
    dedup: `take ${step.path} out, or compare more with \`on\`; the copy that was kept has the same content`,
    trim: `widen ${step.path} and run again`,
    align: `give ${step.path} more tolerance (\`maxAgeMs\`, \`gaps\`), or leave the stream that has the gap out with \`select\``,
  };
  return own[step.name] ?? `change the options of ${step.path} and run again`;
}

/** What failed, and what to do about it. */
export function explainFailure({ step, code, message }: Failure): ExplainedFailure {
  const toDo: { readonly [code in Failure["code"]]: string } = {
    "bad-data": "the recording itself is broken: copy it again or leave it out; it is read again once its bytes change",
    "not-found": "put the missing file back and run again",
    "missing-tool": "install what is named and run again",
    "no-space": "make room and run again: what was finished is kept",
    "plugin-failed": "run again, with --debug to see where in the code it came from",
    "bad-pipeline": "correct the pipeline and run again",
    cancelled: "it was stopped before it was done: run again",
    internal: "this is a fault of Tendon's: run again with --debug and report what it prints",
  };
  return { step, code, message, toDo: toDo[code] };
}
