import uPlot from "uplot";
import type { FindingFacts, LineFacts, PlotFacts } from "../model.ts";
import { seek } from "./clock.ts";
import { data, episodeAt, findingsOf, pointAt, type Samples, samplesOf, schemaOf } from "./data.ts";
import { color, el, fill } from "./dom.ts";
import { now, on, type State, set } from "./state.ts";
import { number } from "./text.ts";

const HEIGHT_PX = 132;
const AXIS_PX = 46;
const COLORS = 8;

interface Drawn {
  readonly facts: PlotFacts;
  readonly box: HTMLElement;
  readonly plot: uPlot;
  readonly values: readonly HTMLElement[];
  readonly cursor: HTMLElement;
  readonly ghost: HTMLElement;
  readonly bands: HTMLElement;
  /** Lines that the reader switched off. */
  readonly hidden: Set<number>;
}

/** A plot for each group of joints, all under the one cursor. */
export function plots(): HTMLElement {
  const box = el("section", { class: "plots", "aria-label": "Plots" });
  let drawn: Drawn[] = [];
  const place = () => {
    for (const each of drawn) moveCursor(each, now());
  };
  const resize = new ResizeObserver(() => {
    for (const { plot, box: own } of drawn) plot.setSize({ width: Math.max(120, own.clientWidth), height: HEIGHT_PX });
    for (const each of drawn) placeBands(each, now().episode);
    place();
  });
  resize.observe(box);
  on(["episode"], ({ episode }) => {
    for (const { plot } of drawn) plot.destroy();
    const samples = samplesOf(episode);
    const facts = schemaOf(episodeAt(episode))?.plots ?? [];
    fill(box);
    drawn = samples ? facts.filter(({ lines }) => hasValues(lines, samples)).map((one) => draw(one, samples, box)) : [];
    if (!samples) box.append(el("p", { class: "nothing" }, why(episode)));
    for (const each of drawn) placeBands(each, episode);
    place();
  });
  on(["time", "hover"], place);
  on(["episode", "time", "hover"], (state) => {
    const samples = samplesOf(state.episode);
    if (samples) for (const each of drawn) tell(each, samples, state.hover ?? state.time);
  });
  on(["finding", "episode"], ({ finding }) => {
    for (const each of drawn) placeBands(each, now().episode);
    const target = finding === null ? undefined : drawn.find(({ facts }) => isAbout(data.findings[finding]!, facts));
    target?.box.closest(".plot")?.scrollIntoView({ block: "nearest" });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(drawn));
  document.addEventListener("tendon-theme", () => redraw(drawn));
  return box;
}

function redraw(drawn: readonly Drawn[]): void {
  for (const { plot } of drawn) plot.redraw(false);
}

function why(episode: number): string {
  const facts = episodeAt(episode);
  if (facts?.missing !== undefined) return `No samples: ${facts.missing}`;
  if (facts?.status === "failed") return "It failed before anything of it was kept, so there is nothing to plot.";
  return "This episode's plots were left out, to keep the page small.";
}

function hasValues(lines: readonly LineFacts[], samples: Samples): boolean {
  const places = lines.flatMap(({ measured, commanded }) => [measured, commanded]);
  return places.some((place) => place !== undefined && samples.channel(place).some((value) => value !== null));
}

function draw(facts: PlotFacts, samples: Samples, into: HTMLElement): Drawn {
  const hidden = new Set<number>();
  const box = el("div", { class: "canvas" });
  const values = facts.lines.map(() => el("span", { class: "value" }));
  const cursor = el("div", { class: "cursor" });
  const ghost = el("div", { class: "ghost" });
  const bands = el("div", { class: "bands" });
  const cut = sharedStart(facts.lines.map(({ name }) => name)).length;
  const keys = facts.lines.map((line, index) =>
    key(line, { index, cut, value: values[index]!, toggle: () => toggle(drawn, index) }),
  );
  const paired = facts.lines.some(({ measured, commanded }) => measured !== undefined && commanded !== undefined);
  const heading = el("h3", {}, facts.title.replaceAll("_", " "), facts.unit !== undefined && el("small", {}, ` ${facts.unit}`));
  const head = el(
    "header",
    {},
    heading,
    paired && el("small", { class: "pairing" }, el("i", {}), "state", el("i", { class: "dashed" }), "action"),
  );
  into.append(el("article", { class: "plot" }, head, el("div", { class: "keys" }, ...keys), box));
  const plot = new uPlot(optionsOf(facts, Math.max(120, box.clientWidth)), dataOf(facts, samples), box);
  plot.over.append(bands, ghost, cursor);
  const drawn: Drawn = { facts, box, plot, values, cursor, ghost, bands, hidden };
  point(plot);
  return drawn;
}

interface Key {
  readonly index: number;
  /** The letters that all names of the plot begin with. */
  readonly cut: number;
  readonly value: HTMLElement;
  readonly toggle: () => void;
}

function key({ name }: LineFacts, { index, cut, value, toggle: flip }: Key): HTMLElement {
  const button = el(
    "button",
    { type: "button", class: "key", "aria-pressed": "true", title: `Show or hide ${name}`, onclick: flip },
    el("i", {}),
    el("span", { class: "label" }, name.slice(cut)),
    value,
  );
  button.style.setProperty("--line", `var(--line-${index % COLORS})`);
  return button;
}

/** `kLeft` of `kLeftElbow` and `kLeftWristRoll`: up to where a new word begins in each. */
function sharedStart(names: readonly string[]): string {
  const [first = "", ...others] = names;
  if (others.length === 0) return "";
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length++;
  const begins = (name: string) => /^(?:[a-z][A-Z0-9]|[_.].)/.test(name.slice(length - 1));
  while (length > 0 && !names.every((name) => name.length > length && begins(name))) length--;
  return first.slice(0, length);
}

function toggle({ plot, hidden, facts, box }: Drawn, line: number): void {
  if (hidden.has(line)) hidden.delete(line);
  else hidden.add(line);
  box.parentElement?.querySelectorAll(".key")[line]?.setAttribute("aria-pressed", String(!hidden.has(line)));
  for (const [place, series] of seriesOf(facts).entries()) {
    if (series.line === line) plot.setSeries(place + 1, { show: !hidden.has(line) });
  }
}

/** Commands lie under what was measured. */
function seriesOf({ lines }: PlotFacts): { readonly line: number; readonly channel: number; readonly commanded: boolean }[] {
  const of = (kind: "measured" | "commanded") =>
    lines.flatMap((line, index) =>
      line[kind] === undefined ? [] : [{ line: index, channel: line[kind], commanded: kind === "commanded" }],
    );
  return [...of("commanded"), ...of("measured")];
}

function dataOf(facts: PlotFacts, samples: Samples): uPlot.AlignedData {
  return [samples.seconds, ...seriesOf(facts).map(({ channel }) => samples.channel(channel))] as unknown as uPlot.AlignedData;
}

function optionsOf(facts: PlotFacts, width: number): uPlot.Options {
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: () => color("faint"), grid: { stroke: () => color("grid"), width: 1 }, ticks: { show: false }, font };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    padding: [6, 8, 0, 0],
    scales: {
      x: { time: false, range: (_, min, max) => [Math.min(0, min), max] },
      y: { range: (_, min, max) => heights(min, max) },
    },
    axes: [
      { ...axis, size: 24, gap: 6, values: (_, splits) => splits.map((split) => `${Number(split.toFixed(3))} s`) },
      {
        ...axis,
        size: AXIS_PX,
        gap: 4,
        space: 26,
        values: (_, splits) => splits.map((split) => String(Number(split.toPrecision(4)))),
      },
    ],
    series: [
      {},
      ...seriesOf(facts).map(({ line, commanded }): uPlot.Series => {
        const name = `line-${line % COLORS}`;
        return {
          stroke: () => color(name),
          width: commanded ? 1 : 1.5,
          alpha: commanded ? 0.75 : 1,
          points: { show: false },
          ...(commanded && { dash: [4, 3] }),
        };
      }),
    ],
  };
}

/** A line that never moves stands in the middle. */
function heights(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const pad = max > min ? (max - min) * 0.06 : Math.max(1, Math.abs(max) * 0.1);
  return [min - pad, max + pad];
}

/** A press or a drag moves the cursor; the pointer alone shows the values under it. */
function point(plot: uPlot): void {
  const { over } = plot;
  const timeOf = (event: PointerEvent) => plot.posToVal(event.clientX - over.getBoundingClientRect().left, "x");
  over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    over.setPointerCapture(event.pointerId);
    set({ playing: false, hover: null });
    seek(timeOf(event));
  });
  over.addEventListener("pointermove", (event) => {
    if (over.hasPointerCapture(event.pointerId)) seek(timeOf(event));
    else if (event.pointerType === "mouse") set({ hover: timeOf(event) });
  });
  over.addEventListener("pointerleave", () => set({ hover: null }));
}

function moveCursor({ plot, cursor, ghost }: Drawn, { time, hover }: State): void {
  cursor.style.transform = `translateX(${plot.valToPos(time, "x")}px)`;
  ghost.hidden = hover === null;
  if (hover !== null) ghost.style.transform = `translateX(${plot.valToPos(hover, "x")}px)`;
}

function tell({ facts, values }: Drawn, samples: Samples, time: number): void {
  const at = pointAt(samples, time);
  for (const [index, { measured, commanded }] of facts.lines.entries()) {
    const text = number(samples.value(measured ?? commanded ?? 0, at));
    const value = values[index]!;
    if (value.textContent !== text) value.textContent = text;
  }
}

/** Whether a plot shows the stream that a finding is about; a joint that its message names decides between several. */
export function isAbout({ stream, message }: FindingFacts, { lines }: PlotFacts): boolean {
  const streams = schemaOf(episodeAt(now().episode))?.streams ?? [];
  const of = streams.find((each) => each.stream === stream);
  if (!of) return false;
  const inside = (channel: number | undefined) =>
    channel !== undefined && channel >= of.first && channel < of.first + of.names.length;
  if (!lines.some(({ measured, commanded }) => inside(measured) || inside(commanded))) return false;
  const named = of.names.some((name) => says(message, name));
  return !named || lines.some(({ name }) => says(message, name));
}

function says(message: string, name: string): boolean {
  return name.length > 2 && message.includes(name);
}

function placeBands({ facts, plot, bands }: Drawn, episode: number): void {
  const places = (findingsOf.get(episode) ?? []).filter((place) => isAbout(data.findings[place]!, facts));
  fill(bands, ...places.flatMap((place) => band(plot, place)));
}

function band(plot: uPlot, place: number): HTMLElement[] {
  const { start, end, severity } = data.findings[place]!;
  if (start === undefined) return [];
  const left = plot.valToPos(start, "x");
  const right = plot.valToPos(end ?? start, "x");
  const element = el("div", { class: `band ${severity}${now().finding === place ? " current" : ""}` });
  element.style.left = `${left}px`;
  element.style.width = `${Math.max(2, right - left)}px`;
  return [element];
}
