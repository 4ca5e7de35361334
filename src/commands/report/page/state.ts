import { data } from "./data.ts";

export type Tab = "explore" | "findings" | "distributions" | "lineage";
export const TABS: readonly Tab[] = ["explore", "findings", "distributions", "lineage"];

/** What narrows the list of episodes beside the words typed. */
export interface Narrowing {
  readonly key: "task" | "seconds" | "source" | "robot" | "fact" | "check";
  /** For a person. */
  readonly label: string;
  readonly value: string;
  readonly from?: number;
  readonly to?: number;
}

export interface State {
  readonly tab: Tab;
  readonly episode: number;
  /** Seconds from the episode's start. */
  readonly time: number;
  /** Where the pointer is over a plot. */
  readonly hover: number | null;
  readonly playing: boolean;
  readonly speed: number;
  /** The finding that was last gone to. */
  readonly finding: number | null;
  readonly query: string;
  readonly only: "all" | "findings" | "dropped";
  readonly narrowing: readonly Narrowing[];
  readonly order: string;
  readonly listOpen: boolean;
}

type Listener = (state: State, before: State) => void;

let state: State = {
  tab: "explore",
  episode: 0,
  time: 0,
  hover: null,
  playing: false,
  speed: 1,
  finding: null,
  query: "",
  only: "all",
  narrowing: [],
  order: "dataset",
  listOpen: false,
};
const listeners: { readonly keys: readonly (keyof State)[]; readonly listener: Listener }[] = [];

export function now(): State {
  return state;
}

/** Calls the listeners of whatever changed, once each. */
export function set(change: Partial<State>): void {
  const before = state;
  state = { ...state, ...change };
  for (const { keys, listener } of listeners) if (keys.some((key) => state[key] !== before[key])) listener(state, before);
}

/** Calls now, and whenever one of these changes. */
export function on(keys: readonly (keyof State)[], listener: Listener): void {
  listeners.push({ keys, listener });
  listener(state, state);
}

/** Shows an episode from its start. */
export function openEpisode(episode: number): void {
  if (episode < 0 || episode >= data.episodes.length) return;
  set({ tab: "explore", episode, time: 0, hover: null, playing: false, finding: null, listOpen: false });
}

/** Everything goes to where the finding is: its episode, its time, its stream. */
export function openFinding(place: number): void {
  const finding = data.findings[place];
  if (!finding) return;
  if (finding.episode === undefined) {
    set({ tab: "findings", finding: place });
    return;
  }
  const { episode, start } = finding;
  set({ tab: "explore", episode, time: start ?? 0, hover: null, playing: false, finding: place, listOpen: false });
}
