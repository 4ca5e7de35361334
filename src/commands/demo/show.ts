import type { RunReport } from "../../core/report.ts";
import type { Explanation } from "../explain/types.ts";
import { explain } from "../explain.ts";
import { type ReportWritten, report } from "../report.ts";

/** What a demo shows of a dataset. Empty where nothing was kept. */
export interface Shown {
  /** One row in the middle of the first episode, back to where its values stood in the recording. */
  readonly explained?: Explanation;
  readonly report?: ReportWritten;
}

/** Explains one row of a run's dataset and writes its report to `page`. */
export async function show(done: RunReport, given: { readonly page: string; readonly signal?: AbortSignal }): Promise<Shown> {
  const [view] = done.views;
  if (done.snapshot === null || !view) return {};
  const options = { home: view.path, ...(given.signal && { signal: given.signal }) };
  const { about } = await explain("0", options);
  const explained = await explain(`0:${Math.floor((about?.rows ?? 0) / 2)}`, options);
  return { explained, report: await report(view.path, { out: given.page, ...(given.signal && { signal: given.signal }) }) };
}
