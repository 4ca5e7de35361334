import type { EpisodeFacts } from "../model.ts";
import { data, episodeAt, findingsOf, nameOf, schemaOf, taskOf } from "./data.ts";
import { el, fill } from "./dom.ts";
import { factsOf } from "./list.ts";
import { on, openFinding } from "./state.ts";
import { count, duration, number, short } from "./text.ts";

/** What is known of the episode that is shown: why it is not in the dataset, its findings, its facts, its language. */
export function side(): HTMLElement {
  const box = el("aside", { class: "side", "aria-label": "About this episode" });
  const language = el("div", { class: "language" });
  on(["episode", "finding"], ({ episode, finding }) => {
    const facts = episodeAt(episode);
    if (!facts) return;
    fill(box, verdict(facts), findingList(episode, finding), language, factList(facts));
  });
  on(["episode", "time"], ({ episode, time }) => {
    const tracks = episodeAt(episode)?.texts ?? [];
    language.hidden = tracks.length === 0;
    fill(
      language,
      ...tracks.flatMap(({ stream, from, text }) => {
        const at = Math.max(
          0,
          from.findLastIndex((start) => start <= time + 1e-6),
        );
        return [el("h3", {}, short(stream)), el("p", {}, text[at] ?? "")];
      }),
    );
  });
  return box;
}

function verdict({ status, reason, by, score }: EpisodeFacts): HTMLElement | null {
  if (status === "kept") return null;
  const who = by === undefined ? "" : `${status === "dropped" ? "Dropped by" : "Failed in"} ${by}`;
  return el(
    "section",
    { class: `verdict ${status}` },
    el("h3", {}, status === "dropped" ? "Not in the dataset" : "Could not be processed"),
    el("p", {}, reason ?? ""),
    el("p", { class: "who" }, who, score === undefined ? "" : ` · score ${number(score)}`),
  );
}

function findingList(episode: number, current: number | null): HTMLElement {
  const places = findingsOf.get(episode) ?? [];
  return el(
    "section",
    {},
    el("h3", {}, "Findings", places.length > 0 && el("small", {}, ` ${count(places.length)}`)),
    places.length === 0
      ? el("p", { class: "calm" }, "Nothing was found in this episode.")
      : el("ul", { class: "cards" }, ...places.map((place) => el("li", {}, findingCard(place, place === current)))),
  );
}

/** A finding as a button that leads to it. */
export function findingCard(place: number, current: boolean): HTMLElement {
  const { check, severity, stream, start, end, message } = data.findings[place]!;
  const when = start === undefined ? "" : end === undefined ? `${start.toFixed(2)} s` : `${start.toFixed(2)}–${end.toFixed(2)} s`;
  return el(
    "button",
    { type: "button", class: `card ${severity}`, "aria-current": current ? "true" : null, onclick: () => openFinding(place) },
    el(
      "span",
      { class: "what" },
      el("b", {}, check),
      el("span", { class: `mark ${severity}` }, severity),
      el("span", { class: "when" }, when),
    ),
    el("span", { class: "message" }, message),
    stream !== undefined && el("span", { class: "stream" }, short(stream)),
  );
}

function factList(episode: EpisodeFacts): HTMLElement {
  const schema = schemaOf(episode);
  const every = episode.samples?.every ?? 1;
  const facts: [string, string | undefined][] = [
    ["Task", taskOf(episode)],
    ["Length", episode.seconds > 0 ? duration(episode.seconds) : undefined],
    [
      "Rows",
      episode.rows > 0
        ? `${count(episode.rows)}${schema && schema.rateHz > 0 ? ` at ${Number(schema.rateHz.toFixed(3))} Hz` : ""}`
        : undefined,
    ],
    ["Robot", schema?.embodiment],
    ["Source", episode.source],
    ["Read from", episode.origin],
    ["Copies", episode.copies === undefined ? undefined : count(episode.copies)],
    ...factsOf(episode),
    ["Plots", every > 1 ? `least and greatest of every ${(2 * every).toFixed(1)} rows` : undefined],
  ];
  const known = facts.filter((each): each is [string, string] => each[1] !== undefined);
  return el(
    "section",
    {},
    el("h3", {}, nameOf(episode)),
    el("dl", {}, ...known.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
  );
}
