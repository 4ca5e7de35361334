import { endOf, seek, stepRows, togglePlay } from "./clock.ts";
import { data, episodeAt, findingsOf, pointAt, samplesOf, schemaOf } from "./data.ts";
import { el, fill, icon } from "./dom.ts";
import { now, on, openFinding, set } from "./state.ts";
import { count } from "./text.ts";

/** Play, step, speed, and the line of the whole episode with its findings. */
export function transport(): HTMLElement {
  const play = el("button", { type: "button", class: "round", id: "play", onclick: togglePlay });
  const rate = () => schemaOf(episodeAt(now().episode))?.rateHz ?? 30;
  const back = el(
    "button",
    {
      type: "button",
      class: "plain",
      "aria-label": "One row back",
      title: "One row back (←)",
      onclick: () => stepRows(-1, rate()),
    },
    icon("back"),
  );
  const next = el(
    "button",
    {
      type: "button",
      class: "plain",
      "aria-label": "One row forward",
      title: "One row forward (→)",
      onclick: () => stepRows(1, rate()),
    },
    icon("forward"),
  );
  const speed = el(
    "select",
    { "aria-label": "Speed", onchange: () => set({ speed: Number(speed.value) }) },
    ...[0.25, 0.5, 1, 2, 4].map((value) => el("option", { value, selected: value === 1 }, `${value}×`)),
  );
  const time = el("output", { class: "time", "aria-label": "Time and row" });
  on(["playing"], ({ playing }) => {
    fill(play, icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.title = `${playing ? "Pause" : "Play"} (space)`;
  });
  on(["episode", "time"], (state) => {
    const samples = samplesOf(state.episode);
    const rows = episodeAt(state.episode)?.rows ?? 0;
    const row = samples && samples.points > 0 ? samples.rows[pointAt(samples, state.time)]! : 0;
    fill(time, el("b", {}, `${state.time.toFixed(2)} s`), el("span", {}, rows > 0 ? `row ${count(row)} of ${count(rows)}` : ""));
  });
  return el("div", { class: "transport", role: "group", "aria-label": "Playback" }, back, play, next, time, timeline(), speed);
}

function timeline(): HTMLElement {
  const done = el("div", { class: "done" });
  const knob = el("div", { class: "knob" });
  const marks = el("div", { class: "marks" });
  const line = el(
    "div",
    { class: "line", role: "slider", tabindex: 0, id: "timeline", "aria-label": "Time", "aria-valuemin": 0 },
    marks,
    done,
    knob,
  );
  const timeOf = (event: PointerEvent) => {
    const { left, width } = line.getBoundingClientRect();
    return ((event.clientX - left) / width) * endOf(now().episode);
  };
  line.addEventListener("pointerdown", (event) => {
    if (event.target instanceof HTMLButtonElement) return;
    line.setPointerCapture(event.pointerId);
    set({ playing: false });
    seek(timeOf(event));
  });
  line.addEventListener("pointermove", (event) => {
    if (line.hasPointerCapture(event.pointerId)) seek(timeOf(event));
  });
  on(["episode", "finding"], ({ episode }) => {
    const end = endOf(episode);
    line.setAttribute("aria-valuemax", end.toFixed(2));
    fill(marks, ...(findingsOf.get(episode) ?? []).flatMap((place) => mark(place, end)));
  });
  on(["episode", "time"], ({ episode, time }) => {
    const share = endOf(episode) > 0 ? time / endOf(episode) : 0;
    done.style.transform = `scaleX(${share})`;
    knob.style.left = `${share * 100}%`;
    line.setAttribute("aria-valuenow", time.toFixed(2));
    line.setAttribute("aria-valuetext", `${time.toFixed(2)} seconds`);
  });
  return line;
}

function mark(place: number, end: number): HTMLElement[] {
  const { start, end: until, severity, message } = data.findings[place]!;
  if (start === undefined || end <= 0) return [];
  const button = el("button", {
    type: "button",
    class: `span ${severity}`,
    tabindex: -1,
    title: message,
    "aria-label": message,
    onclick: () => openFinding(place),
  });
  button.style.left = `${Math.min(100, (start / end) * 100)}%`;
  button.style.width = `${Math.max(0, (Math.min(end, until ?? start) - start) / end) * 100}%`;
  return [button];
}
