import type { RunEvent } from "../core/event.ts";
import { byteText, count, durationText } from "./numbers.ts";

/** Where progress is shown, and what time it is. */
export interface Screen {
  write(text: string): void;
  /** A terminal has one line that is written over; anything else gets plain lines, now and then. */
  readonly terminal: boolean;
  /** Of the terminal. */
  readonly columns: number;
  nowMs(): number;
}

/** Shows a run while it goes. */
export interface Progress {
  event(event: RunEvent): void;
  /** A line above the moving one. */
  say(line: string): void;
  /** Takes the moving line away. */
  end(): void;
}

type ProgressEvent = RunEvent & { readonly type: "progress" };

const REDRAW_MS = 100;
const PLAIN_MS = 5000;
const LINES_MAX = 40;

/** Drops and failures are told when they happen, up to 40 of them; the report has them all. */
export function startProgress(screen: Screen): Progress {
  let shown = false;
  let lastMs = Number.NEGATIVE_INFINITY;
  let told = 0;
  let act: { name: string; startMs: number; doneAtStart: number } | undefined;
  const clear = () => {
    if (shown) screen.write("\r\u001b[2K");
    shown = false;
  };
  const say = (line: string) => {
    clear();
    screen.write(`${line}\n`);
  };
  const tell = (line: string) => {
    told++;
    if (told < LINES_MAX) say(line);
    else if (told === LINES_MAX) say("… (more; the report at the end has them all)");
  };
  const show = (event: ProgressEvent) => {
    if (act?.name !== event.act) act = { name: event.act, startMs: screen.nowMs(), doneAtStart: event.done };
    const now = screen.nowMs();
    const last = event.whole && event.total > 0 && event.done >= event.total;
    if (now - lastMs < (screen.terminal ? REDRAW_MS : PLAIN_MS) && !(last && screen.terminal)) return;
    lastMs = now;
    const text = progressLine(event, { seconds: (now - act.startMs) / 1000, doneAtStart: act.doneAtStart });
    if (!screen.terminal) return screen.write(`${text}\n`);
    clear();
    screen.write(text.slice(0, Math.max(10, screen.columns - 1)));
    shown = true;
  };
  return {
    say,
    end: clear,
    event(event) {
      if (event.type === "progress") return show(event);
      const line = eventLine(event);
      if (line === undefined) return;
      if (event.type === "drop" || event.type === "failure") tell(line);
      else say(line);
    },
  };
}

/**
 * `gathering 12/20  60 %  1,240 frames/s  18 MB/s  4.1 s left`; while inputs are still listed
 * `gathering 12 of at least 20  1,240 frames/s  18 MB/s`.
 */
export function progressLine(event: ProgressEvent, since: { seconds: number; doneAtStart: number }): string {
  const verb = event.act === "gather" ? "gathering" : "arranging";
  const of = event.whole ? "/" : " of at least ";
  const parts = [`${verb} ${count(event.done)}${of}${count(event.total)}`];
  if (event.whole && event.total > 0) parts.push(`${Math.floor((100 * event.done) / event.total)} %`);
  if (since.seconds >= 0.5) {
    if (event.frames > 0) parts.push(`${count(event.frames / since.seconds)} frames/s`);
    else if (event.rows > 0) parts.push(`${count(event.rows / since.seconds)} rows/s`);
    if (event.bytes > 0) parts.push(`${byteText(event.bytes / since.seconds)}/s`);
    const done = event.done - since.doneAtStart;
    if (event.whole && done > 0 && event.done < event.total) {
      parts.push(`${durationText((since.seconds / done) * (event.total - event.done))} left`);
    }
  }
  return parts.join("  ");
}

function eventLine(event: RunEvent): string | undefined {
  switch (event.type) {
    case "drop": {
      const row = event.drop.row === undefined ? "" : `, row ${event.drop.row}`;
      return `dropped ${event.drop.episode}${row}: ${event.drop.reason}`;
    }
    case "failure":
      return `failed ${event.failure.episode}: ${event.failure.message}`;
    case "worker":
      return event.what === "started" ? undefined : `worker ${event.what}: ${event.message}`;
    case "log":
      return event.level === "debug" ? undefined : event.message;
    default:
      return undefined;
  }
}
