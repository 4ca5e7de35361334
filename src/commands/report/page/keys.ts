import { endOf, seek, stepRows, togglePlay } from "./clock.ts";
import { episodeAt, schemaOf } from "./data.ts";
import { el } from "./dom.ts";
import { episodeOfFinding, findingOrder } from "./findings.ts";
import { listed } from "./list.ts";
import { now, openEpisode, openFinding, set, TABS } from "./state.ts";
import { toggleTheme } from "./theme.ts";

const KEYS: readonly (readonly [string, string])[] = [
  ["↑ ↓", "previous, next episode of the list"],
  ["← →", "one row back, forward; with Shift a second"],
  ["Home End", "start, end of the episode"],
  ["Space", "play, pause"],
  ["n p", "next, previous finding"],
  ["/", "filter the episodes"],
  ["Esc", "leave the filter, then clear it"],
  ["1 2 3 4", "Explore, Findings, Distributions, Lineage"],
  ["t", "light, dark, as the system"],
  ["?", "these keys"],
];

const help: HTMLDialogElement = makeHelp();

function makeHelp(): HTMLDialogElement {
  const close = el("button", { type: "button", class: "primary", onclick: () => help.close() }, "Close");
  const list = el(
    "dl",
    { class: "keylist" },
    ...KEYS.flatMap(([name, does]) => [el("dt", {}, ...name.split(" ").map((each) => el("kbd", {}, each))), el("dd", {}, does)]),
  );
  return el(
    "dialog",
    { id: "help", "aria-label": "Keys" },
    el("h2", {}, "Keys"),
    list,
    el(
      "p",
      { class: "calm" },
      "Press or drag on a plot or the time line to move the cursor. A finding takes everything to where it is.",
    ),
    close,
  );
}

export function helpDialog(): HTMLDialogElement {
  help.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });
  return help;
}

export function showHelp(): void {
  if (!help.open) help.showModal();
}

/** Everything by keyboard, wherever the focus is; in a field for text the letters are its own. */
export function listenForKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const typing = target instanceof HTMLInputElement;
    if (typing ? whileTyping(event, target) : pressed(event, target)) event.preventDefault();
  });
}

function whileTyping({ key: name }: KeyboardEvent, field: HTMLInputElement): boolean {
  if (field.id !== "search") {
    if (name === "Escape") field.blur();
    return name === "Escape";
  }
  if (name === "ArrowDown" || name === "ArrowUp") return moveInList(name === "ArrowDown" ? 1 : -1);
  if (name === "Enter" || name === "Escape") {
    field.blur();
    return true;
  }
  return false;
}

function pressed(event: KeyboardEvent, target: HTMLElement): boolean {
  const { key: name } = event;
  const control = target.closest("button, select, summary, a") !== null;
  if (control && (name === " " || name === "Enter")) return false;
  if (target instanceof HTMLSelectElement && name.startsWith("Arrow")) return false;
  if (name === "/") return toSearch();
  if (name === "?") return done(showHelp);
  if (name === "n" || name === "p") return goToFinding(name === "n" ? 1 : -1);
  if (name === "t") return done(toggleTheme);
  if (/^[1-4]$/.test(name)) return done(() => set({ tab: TABS[Number(name) - 1]! }));
  if (name === "Escape") return done(() => set({ query: "", only: "all", narrowing: [], listOpen: false }));
  return now().tab === "explore" && exploring(event);
}

function exploring({ key: name, shiftKey }: KeyboardEvent): boolean {
  const rate = schemaOf(episodeAt(now().episode))?.rateHz || 30;
  if (name === "ArrowDown" || name === "ArrowUp") return moveInList(name === "ArrowDown" ? 1 : -1);
  if (name === "ArrowRight") return done(() => stepRows(shiftKey ? Math.round(rate) : 1, rate));
  if (name === "ArrowLeft") return done(() => stepRows(shiftKey ? -Math.round(rate) : -1, rate));
  if (name === "Home") return done(() => seek(0));
  if (name === "End") return done(() => seek(endOf(now().episode)));
  return name === " " && done(togglePlay);
}

function done(act: () => void): true {
  act();
  return true;
}

function toSearch(): boolean {
  set({ tab: "explore", listOpen: true });
  const field = document.getElementById("search");
  if (field instanceof HTMLInputElement) {
    field.focus();
    field.select();
  }
  return true;
}

function moveInList(by: number): boolean {
  const places = listed();
  const at = places.indexOf(now().episode);
  const next = at < 0 ? 0 : Math.max(0, Math.min(places.length - 1, at + by));
  const place = places[next];
  if (place !== undefined && place !== now().episode) {
    const { listOpen } = now();
    openEpisode(place);
    set({ listOpen });
  }
  return true;
}

/** From the finding that is shown, or else from the episode that is. */
export function goToFinding(by: number): boolean {
  if (findingOrder.length === 0) return true;
  const { finding, episode } = now();
  const at = finding === null ? -1 : findingOrder.indexOf(finding);
  if (at >= 0) {
    openFinding(findingOrder[(at + by + findingOrder.length) % findingOrder.length]!);
    return true;
  }
  const ahead = findingOrder.findIndex((place) => episodeOfFinding(place) >= episode);
  const behind = findingOrder.findLastIndex((place) => episodeOfFinding(place) < episode);
  const next = by > 0 ? Math.max(ahead, 0) : behind < 0 ? findingOrder.length - 1 : behind;
  openFinding(findingOrder[next]!);
  return true;
}
