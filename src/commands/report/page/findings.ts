import { data, nameOf, taskOf } from "./data.ts";
import { el, fill } from "./dom.ts";
import { on, openEpisode, openFinding } from "./state.ts";
import { count, short } from "./text.ts";

const PAGE_ROWS = 200;
type Kind = "broken" | "risk" | "note" | "dropped" | "failed";
const KINDS: readonly Kind[] = ["dropped", "failed", "broken", "risk", "note"];

interface Line {
  readonly kind: Kind;
  readonly by: string;
  readonly episode?: number;
  readonly episodeName: string;
  readonly stream: string;
  readonly when: string;
  readonly message: string;
  readonly go: () => void;
  readonly finding?: number;
}

const lines: readonly Line[] = [...leftOut(), ...found()];

function leftOut(): Line[] {
  return data.episodes.flatMap((episode, place): Line[] => {
    if (episode.status === "kept") return [];
    const { status, by = "", reason = "" } = episode;
    return [
      {
        kind: status,
        by,
        episode: place,
        episodeName: nameOf(episode),
        stream: "",
        when: "",
        message: reason,
        go: () => openEpisode(place),
      },
    ];
  });
}

function found(): Line[] {
  return data.findings.map((finding, place): Line => {
    const { start, end, episode, episodeId } = finding;
    const facts = episode === undefined ? undefined : data.episodes[episode];
    return {
      kind: finding.severity,
      by: finding.check,
      ...(episode !== undefined && { episode }),
      episodeName: facts ? nameOf(facts) : (episodeId ?? "whole dataset"),
      stream: finding.stream === undefined ? "" : short(finding.stream),
      when: start === undefined ? "" : end === undefined ? `${start.toFixed(2)} s` : `${start.toFixed(2)}–${end.toFixed(2)} s`,
      message: finding.message,
      go: () => openFinding(place),
      finding: place,
    };
  });
}

/** The places of all findings in the order of their episodes, for going from one to the next. */
export const findingOrder: readonly number[] = data.findings
  .map((_, place) => place)
  .filter((place) => data.findings[place]!.episode !== undefined)
  .sort(
    (a, b) =>
      episodeOfFinding(a) - episodeOfFinding(b) || (data.findings[a]!.start ?? -1) - (data.findings[b]!.start ?? -1) || a - b,
  );

export function episodeOfFinding(place: number): number {
  return data.findings[place]!.episode!;
}

/** Everything that was found, dropped or failed, with its reason. */
export function findingsTab(): HTMLElement {
  const shownKinds = new Set<Kind>(KINDS);
  let words = "";
  let many = PAGE_ROWS;
  const chips = el("div", { class: "chips", role: "group", "aria-label": "What to show" });
  const body = el("tbody");
  const more = el("button", { type: "button", class: "more", onclick: () => draw(many + PAGE_ROWS) });
  const tally = el("p", { class: "tally", role: "status" });
  const search = el("input", {
    type: "search",
    placeholder: "Filter by words",
    "aria-label": "Filter findings by words",
    oninput: () => {
      words = search.value.toLowerCase();
      draw(PAGE_ROWS);
    },
  });
  const draw = (rows: number) => {
    many = rows;
    const shown = lines.filter(
      (line) =>
        shownKinds.has(line.kind) &&
        `${line.message} ${line.by} ${line.episodeName} ${line.stream}`.toLowerCase().includes(words),
    );
    fill(body, ...shown.slice(0, many).map(lineRow));
    if (shown.length === 0)
      fill(
        body,
        el(
          "tr",
          {},
          el(
            "td",
            { colspan: 6, class: "empty" },
            lines.length === 0 ? "Nothing was found, dropped or failed." : "Nothing matches.",
          ),
        ),
      );
    more.hidden = shown.length <= many;
    more.textContent = `Show ${count(Math.min(PAGE_ROWS, shown.length - many))} more`;
    tally.textContent = `${count(shown.length)} of ${count(lines.length)}`;
    fill(chips, ...KINDS.map(chip));
  };
  const chip = (kind: Kind) => {
    const total = lines.filter((line) => line.kind === kind).length;
    const flip = () => {
      if (shownKinds.has(kind)) shownKinds.delete(kind);
      else shownKinds.add(kind);
      draw(PAGE_ROWS);
    };
    return el(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(shownKinds.has(kind)), onclick: flip },
      el("i", { class: `dot ${kind}` }),
      kind,
      el("b", {}, count(total)),
    );
  };
  on(["tab"], ({ tab }) => {
    if (tab === "findings") draw(many);
  });
  const heads = ["Kind", "By", "Episode", "Stream", "When", "Reason"].map((name) => el("th", { scope: "col" }, name));
  const table = el("table", { class: "lines" }, el("thead", {}, el("tr", {}, ...heads)), body);
  return el(
    "div",
    { class: "sheet-page" },
    el("div", { class: "bar" }, chips, search, tally),
    el("div", { class: "scroll" }, table, more),
  );
}

function lineRow({ kind, by, episode, episodeName, stream, when, message, go }: Line): HTMLElement {
  const facts = episode === undefined ? undefined : data.episodes[episode];
  const name = facts
    ? el("button", { type: "button", class: "link", title: taskOf(facts) ?? "", onclick: go }, episodeName)
    : episodeName;
  const row = el(
    "tr",
    {},
    el("td", { "data-name": "Kind" }, el("span", { class: `mark ${kind}` }, kind)),
    el("td", { "data-name": "By" }, by),
    el("td", { "data-name": "Episode" }, name),
    el("td", { "data-name": "Stream" }, stream),
    el("td", { "data-name": "When", class: "when" }, when),
    el("td", { "data-name": "Reason", class: "reason" }, message),
  );
  if (facts) {
    row.classList.add("leads");
    row.addEventListener("click", go);
  }
  return row;
}
