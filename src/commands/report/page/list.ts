import {
  type ColumnDef,
  createTable,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type TableState,
  type Updater,
} from "@tanstack/table-core";
import type { EpisodeFacts } from "../model.ts";
import { data, findingsOf, nameOf, severityOf, taskOf } from "./data.ts";
import { el, fill, icon } from "./dom.ts";
import { type Narrowing, now, on, openEpisode, type State, set } from "./state.ts";
import { count, duration } from "./text.ts";

const ROW_PX = 58;
const SPARE_ROWS = 6;

/** One line of the list, with what it is searched by. */
interface ListRow {
  readonly place: number;
  readonly episode: EpisodeFacts;
  readonly words: string;
}

const ORDERS: { readonly [order: string]: { readonly label: string; readonly id: string; readonly desc: boolean } } = {
  dataset: { label: "As in the dataset", id: "place", desc: false },
  findings: { label: "Most findings first", id: "findings", desc: true },
  longest: { label: "Longest first", id: "seconds", desc: true },
  shortest: { label: "Shortest first", id: "seconds", desc: false },
  name: { label: "By name", id: "name", desc: false },
};

const columns: ColumnDef<ListRow>[] = [
  { id: "place", accessorFn: (row) => row.place },
  { id: "name", accessorFn: (row) => row.episode.id },
  { id: "seconds", accessorFn: (row) => row.episode.seconds },
  { id: "findings", accessorFn: (row) => findingsOf.get(row.place)?.length ?? 0 },
  {
    id: "narrowing",
    accessorFn: (row) => row.place,
    filterFn: (row, _, wanted: readonly Narrowing[]) => wanted.every((one) => fits(row.original, one)),
  },
  { id: "only", accessorFn: (row) => row.place, filterFn: (row, _, only: State["only"]) => isShown(row.original, only) },
];

const rows: ListRow[] = data.episodes.map((episode, place) => ({ place, episode, words: wordsOf(episode) }));

function wordsOf(episode: EpisodeFacts): string {
  const parts = [episode.id, taskOf(episode), episode.origin, episode.reason, episode.by, episode.status, factsText(episode)];
  return parts.filter(Boolean).join("\n").toLowerCase();
}

function factsText({ facts }: EpisodeFacts): string {
  return facts === undefined ? "" : JSON.stringify(facts);
}

function isShown({ place, episode }: ListRow, only: State["only"]): boolean {
  if (only === "findings") return findingsOf.has(place);
  return only === "all" || episode.status !== "kept";
}

function fits({ place, episode }: ListRow, { key, value, from, to }: Narrowing): boolean {
  if (key === "task") return taskOf(episode) === value;
  if (key === "source") return episode.source === value;
  if (key === "robot") return episode.schema !== undefined && data.schemas[episode.schema]!.embodiment === value;
  if (key === "check") return (findingsOf.get(place) ?? []).some((finding) => data.findings[finding]!.check === value);
  if (key === "seconds") return episode.seconds >= from! && episode.seconds < to!;
  return factsOf(episode).some(([name, fact]) => `${name}=${fact}` === value);
}

/** What decisions added, as `split` and `train`. */
export function factsOf({ facts }: EpisodeFacts): [string, string][] {
  if (facts === null || typeof facts !== "object" || Array.isArray(facts)) return [];
  return Object.entries(facts).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

const table = createTable<ListRow>({
  data: rows,
  columns,
  state: {},
  onStateChange: (updater: Updater<TableState>) => {
    tableState = typeof updater === "function" ? updater(tableState) : updater;
  },
  renderFallbackValue: null,
  getCoreRowModel: getCoreRowModel(),
  getFilteredRowModel: getFilteredRowModel(),
  getSortedRowModel: getSortedRowModel(),
  globalFilterFn: (row, _, words: readonly string[]) => words.every((word) => row.original.words.includes(word)),
  getColumnCanGlobalFilter: () => true,
});
let tableState: TableState = table.initialState;

/** The places of the episodes that are listed, in order. */
export function listed(): readonly number[] {
  return shown;
}
let shown: readonly number[] = [];

function applyFilters({ query, only, narrowing, order }: State): void {
  const { id, desc } = ORDERS[order] ?? ORDERS.dataset!;
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const columnFilters = [
    ...(narrowing.length > 0 ? [{ id: "narrowing", value: narrowing }] : []),
    ...(only === "all" ? [] : [{ id: "only", value: only }]),
  ];
  tableState = {
    ...table.initialState,
    columnFilters,
    globalFilter: words.length > 0 ? words : undefined,
    sorting: [{ id, desc }],
  };
  table.setOptions((options) => ({ ...options, state: tableState }));
  shown = table.getRowModel().rows.map((row) => row.original.place);
}

/** The column of episodes: search, chips, and a list of which only the visible rows are made. */
export function episodeList(): HTMLElement {
  const search = el("input", {
    type: "search",
    id: "search",
    placeholder: "Filter episodes",
    "aria-label": "Filter episodes by name, task, source or reason",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => set({ query: search.value }),
  });
  const chips = el("div", { class: "chips", role: "group", "aria-label": "Which episodes" });
  const tokens = el("div", { class: "tokens" });
  const tally = el("p", { class: "tally", role: "status", "aria-live": "polite" });
  const order = el(
    "select",
    { "aria-label": "Order", onchange: () => set({ order: order.value }) },
    ...Object.entries(ORDERS).map(([value, { label }]) => el("option", { value }, label)),
  );
  const box = el("div", { class: "rows", role: "listbox", tabindex: 0, id: "episodes", "aria-label": "Episodes" });
  const sheet = el("div", { class: "sheet" });
  box.append(sheet);
  const draw = () => drawRows(box, sheet);
  box.addEventListener("scroll", draw, { passive: true });
  let laidOut = false;
  new ResizeObserver(() => {
    if (!laidOut && box.clientHeight > 0) scrollToRow(box, shown.indexOf(now().episode));
    laidOut ||= box.clientHeight > 0;
    draw();
  }).observe(box);
  on(["query", "only", "narrowing", "order"], (state) => {
    applyFilters(state);
    if (search.value !== state.query) search.value = state.query;
    fill(chips, ...onlyChips(state));
    fill(tokens, ...state.narrowing.map(token));
    tally.textContent =
      shown.length === rows.length ? `${count(rows.length)} in all` : `${count(shown.length)} of ${count(rows.length)}`;
    box.scrollTop = 0;
    draw();
  });
  on(["episode"], () => {
    scrollToRow(box, shown.indexOf(now().episode));
    draw();
  });
  return el(
    "aside",
    { class: "list", "aria-label": "Episodes" },
    el("div", { class: "search" }, icon("search"), search, el("kbd", {}, "/")),
    chips,
    tokens,
    el("div", { class: "tallies" }, tally, order),
    box,
  );
}

function onlyChips({ only }: State): HTMLElement[] {
  const dropped = data.episodes.filter(({ status }) => status !== "kept").length;
  const choices = [
    ["all", "All", rows.length],
    ["findings", "Findings", findingsOf.size],
    ["dropped", "Left out", dropped],
  ] as const;
  return choices.map(([value, label, many]) =>
    el(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(only === value), onclick: () => set({ only: value }) },
      label,
      el("b", {}, count(many)),
    ),
  );
}

function token(narrowing: Narrowing): HTMLElement {
  const remove = () => set({ narrowing: now().narrowing.filter((each) => each !== narrowing) });
  return el(
    "button",
    { type: "button", class: "token", "aria-label": `Stop filtering by ${narrowing.label}`, onclick: remove },
    narrowing.label,
    icon("close"),
  );
}

function scrollToRow(box: HTMLElement, index: number): void {
  if (index < 0) return;
  const top = index * ROW_PX;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PX - box.clientHeight;
}

function drawRows(box: HTMLElement, sheet: HTMLElement): void {
  const first = Math.max(0, Math.floor(box.scrollTop / ROW_PX) - SPARE_ROWS);
  const last = Math.min(shown.length, Math.ceil((box.scrollTop + (box.clientHeight || 600)) / ROW_PX) + SPARE_ROWS);
  const { episode } = now();
  sheet.style.height = `${shown.length * ROW_PX}px`;
  fill(sheet, ...shown.slice(first, last).map((place, index) => listRow(place, first + index, place === episode)));
  if (shown.length === 0) sheet.append(el("p", { class: "empty" }, "No episode matches. Press Esc to clear the filter."));
  if (shown.includes(episode)) box.setAttribute("aria-activedescendant", `episode-${episode}`);
  else box.removeAttribute("aria-activedescendant");
}

const longest = data.episodes.reduce((most, { seconds }) => Math.max(most, seconds), 1e-9);

function listRow(place: number, index: number, selected: boolean): HTMLElement {
  const episode = data.episodes[place]!;
  const findings = (findingsOf.get(place) ?? []).map((each) => data.findings[each]!);
  const severity = severityOf(findings);
  const worst = findings.filter((finding) => finding.severity === severity).length;
  const row = el(
    "div",
    {
      class: `row ${episode.status}`,
      id: `episode-${place}`,
      role: "option",
      "aria-selected": String(selected),
      "aria-setsize": shown.length,
      "aria-posinset": index + 1,
      onclick: () => openEpisode(place),
    },
    el(
      "p",
      {},
      el("span", { class: "name" }, nameOf(episode)),
      el("span", { class: "seconds" }, episode.seconds > 0 ? duration(episode.seconds) : ""),
    ),
    el(
      "p",
      {},
      el(
        "span",
        { class: "task" },
        episode.status === "kept" ? (taskOf(episode) ?? episode.origin ?? "") : (episode.reason ?? ""),
      ),
      severity &&
        el(
          "span",
          { class: `mark ${severity}`, title: findings.map(({ message }) => message).join("\n") },
          `${worst} ${severity}`,
        ),
      episode.status !== "kept" && el("span", { class: `mark ${episode.status}` }, episode.status),
    ),
  );
  row.style.transform = `translateY(${index * ROW_PX}px)`;
  row.style.setProperty("--share", String(episode.seconds / longest));
  return row;
}
