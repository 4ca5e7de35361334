import type { ChannelCoverage, Coverage } from "../model.ts";
import { data, taskOf } from "./data.ts";
import { color, el } from "./dom.ts";
import { factsOf } from "./list.ts";
import { type Narrowing, on, set } from "./state.ts";
import { count, countOf, duration, number, short } from "./text.ts";

const LENGTH_BINS = 24;
const BARS_MAX = 40;
const FACT_VALUES_MAX = 24;
const kept = data.episodes.filter(({ status }) => status === "kept");

/** One bar, and the filter that a click on it sets. */
interface Bar {
  readonly label: string;
  readonly count: number;
  readonly detail?: string;
  readonly narrowing: Narrowing;
}

/** How long, which tasks, from where, and which values states and actions took. */
export function distributionsTab(): HTMLElement {
  const strips: { readonly canvas: HTMLCanvasElement; readonly of: ChannelCoverage }[] = [];
  const cards = [
    lengths(),
    barCard(
      "Tasks",
      byKey("task", (episode) => taskOf(episode)),
    ),
    barCard(
      "Robots",
      byKey("robot", (episode) => (episode.schema === undefined ? undefined : data.schemas[episode.schema]!.embodiment)),
      2,
    ),
    barCard(
      "Sources",
      byKey("source", (episode) => episode.source),
      2,
    ),
    ...factCards(),
    barCard("Findings by check", findingBars()),
  ].filter((card) => card !== null);
  const coverage = data.coverage.map((one) => coverageCard(one, strips));
  const drawAll = () => {
    for (const { canvas, of } of strips) drawStrip(canvas, of);
  };
  on(["tab"], ({ tab }) => {
    if (tab === "distributions") requestAnimationFrame(drawAll);
  });
  document.addEventListener("tendon-theme", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  return el("div", { class: "sheet-page cardsheet" }, el("div", { class: "grid" }, ...cards), ...coverage);
}

function narrowTo(narrowing: Narrowing): void {
  set({ tab: "explore", query: "", only: "all", narrowing: [narrowing], listOpen: true });
}

/** Upright bars, since lengths have an order. */
function lengths(): HTMLElement | null {
  const seconds = kept.map((episode) => episode.seconds);
  if (seconds.length === 0) return null;
  const low = seconds.reduce((a, b) => Math.min(a, b));
  const high = seconds.reduce((a, b) => Math.max(a, b));
  const sum = seconds.reduce((a, b) => a + b, 0);
  const bins = Math.min(LENGTH_BINS, Math.max(1, Math.ceil(Math.sqrt(seconds.length) * 2)));
  const width = Math.max(1e-9, (high - low) / bins);
  const counts = Array.from({ length: bins }, () => 0);
  for (const each of seconds) counts[Math.min(bins - 1, Math.floor((each - low) / width))]!++;
  const most = counts.reduce((a, b) => Math.max(a, b));
  const columns = counts.map((many, bin) => {
    const from = low + bin * width;
    const to = bin === bins - 1 ? high + 1e-6 : from + width;
    const label = `${duration(from)} to ${duration(Math.min(high, to))}`;
    const narrowing: Narrowing = { key: "seconds", label, value: label, from, to };
    const button = el(
      "button",
      {
        type: "button",
        class: "column",
        title: `${label}: ${countOf(many, "episode")}`,
        "aria-label": `${label}: ${countOf(many, "episode")}`,
        onclick: () => narrowTo(narrowing),
      },
      el("i"),
    );
    button.style.setProperty("--share", String(many / most));
    return button;
  });
  const sorted = seconds.toSorted((a, b) => a - b);
  return el(
    "section",
    { class: "panel" },
    el("h2", {}, "Length", el("small", {}, ` ${duration(sum)} in ${countOf(kept.length, "episode")}`)),
    el("div", { class: "columns" }, ...columns),
    el(
      "p",
      { class: "scale" },
      el("span", {}, duration(low)),
      el("span", {}, `median ${duration(sorted[Math.floor(sorted.length / 2)]!)}`),
      el("span", {}, duration(high)),
    ),
  );
}

function byKey(kind: Narrowing["key"], of: (episode: (typeof kept)[number]) => string | undefined): Bar[] {
  const sums = new Map<string, { count: number; seconds: number }>();
  for (const episode of kept) {
    const value = of(episode);
    if (value === undefined) continue;
    const sum = sums.get(value) ?? { count: 0, seconds: 0 };
    sums.set(value, { count: sum.count + 1, seconds: sum.seconds + episode.seconds });
  }
  return [...sums]
    .map(([value, sum]) => ({
      label: value,
      count: sum.count,
      detail: duration(sum.seconds),
      narrowing: { key: kind, label: value, value },
    }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
}

/** What decisions added, such as the side of a split, where it takes few values. */
function factCards(): (HTMLElement | null)[] {
  const names = new Set(kept.slice(0, 5000).flatMap((episode) => factsOf(episode).map(([name]) => name)));
  return [...names].map((name) => {
    const bars = byKey("fact", (episode) => factsOf(episode).find(([each]) => each === name)?.[1]);
    const marked = bars.map((bar) => ({
      ...bar,
      narrowing: { ...bar.narrowing, label: `${name}: ${bar.label}`, value: `${name}=${bar.label}` },
    }));
    return bars.length > FACT_VALUES_MAX ? null : barCard(name, marked);
  });
}

function findingBars(): Bar[] {
  const checks = new Map<string, Set<number>>();
  for (const { check, episode } of data.findings)
    if (episode !== undefined) checks.set(check, (checks.get(check) ?? new Set()).add(episode));
  return [...checks].map(([check, episodes]) => ({
    label: check,
    count: episodes.size,
    narrowing: { key: "check", label: `found by ${check}`, value: check },
  }));
}

function barCard(title: string, bars: readonly Bar[], least = 1): HTMLElement | null {
  if (bars.length < least) return null;
  const most = bars.reduce((max, bar) => Math.max(max, bar.count), 1);
  const shownBars = bars.slice(0, BARS_MAX).map(({ label, count: many, detail, narrowing }) => {
    const button = el(
      "button",
      {
        type: "button",
        class: "bar-row",
        "aria-label": `${label}: ${countOf(many, "episode")}`,
        onclick: () => narrowTo(narrowing),
      },
      el("span", { class: "label", title: label }, label),
      el("span", { class: "many" }, detail === undefined ? "" : el("small", {}, detail), count(many)),
    );
    button.style.setProperty("--share", String(many / most));
    return button;
  });
  const rest = bars.length - shownBars.length;
  return el(
    "section",
    { class: "panel" },
    el("h2", {}, title, bars.length > 1 && el("small", {}, ` ${count(bars.length)}`)),
    el("div", { class: "bar-rows" }, ...shownBars),
    rest > 0 && el("p", { class: "calm" }, `and ${count(rest)} more`),
  );
}

/** A strip a channel: darker where more rows have the value. */
function coverageCard(coverage: Coverage, strips: { canvas: HTMLCanvasElement; of: ChannelCoverage }[]): HTMLElement {
  const several = new Set(data.coverage.map(({ embodiment }) => embodiment)).size > 1;
  const rowsOfStrips = coverage.channels.map((channel) => {
    const canvas = el("canvas", {
      role: "img",
      "aria-label": `${channel.name}: from ${number(channel.min)} to ${number(channel.max)}, mean ${number(channel.mean)}`,
    });
    strips.push({ canvas, of: channel });
    return el(
      "div",
      { class: "strip" },
      el("span", { class: "label", title: channel.name }, channel.name),
      el("span", { class: "end" }, number(channel.min)),
      canvas,
      el("span", { class: "end" }, number(channel.max)),
    );
  });
  const about = [
    several && coverage.embodiment,
    coverage.unit,
    `${count(coverage.rows)} rows of ${countOf(coverage.episodes, "episode")}`,
  ]
    .filter(Boolean)
    .join(" · ");
  return el(
    "section",
    { class: "panel" },
    el("h2", {}, `Coverage of ${short(coverage.stream)}`, el("small", {}, ` ${about}`)),
    el("div", { class: "strips" }, ...rowsOfStrips),
  );
}

/** Heights by the square root, so that rare values show beside common ones. */
function drawStrip(canvas: HTMLCanvasElement, { bins, min, max, mean }: ChannelCoverage): void {
  const scale = window.devicePixelRatio;
  const width = Math.max(1, Math.round(canvas.clientWidth * scale));
  const height = Math.max(1, Math.round(canvas.clientHeight * scale));
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context || bins.length === 0) return;
  const most = bins.reduce((a, b) => Math.max(a, b), 1e-9);
  context.fillStyle = color("accent");
  for (const [bin, many] of bins.entries()) {
    if (many === 0) continue;
    const tall = Math.max(scale, Math.sqrt(many / most) * (height - scale));
    const left = Math.round((bin * width) / bins.length);
    const right = Math.round(((bin + 1) * width) / bins.length);
    context.fillRect(left, height - tall, Math.max(1, right - left - (scale > 1 ? 1 : 0.5)), tall);
  }
  if (max > min) {
    context.fillStyle = color("text");
    context.fillRect(Math.round(((mean - min) / (max - min)) * width), 0, Math.max(1, scale), height);
  }
}
