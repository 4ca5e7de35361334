import { data, findingsOf } from "./data.ts";
import { el, icon } from "./dom.ts";
import { showHelp } from "./keys.ts";
import { now, on, set, TABS, type Tab } from "./state.ts";
import { count, countOf, duration } from "./text.ts";
import { toggleTheme } from "./theme.ts";

const NAMES: { readonly [tab in Tab]: string } = {
  explore: "Explore",
  findings: "Findings",
  distributions: "Distributions",
  lineage: "Lineage",
};

/** The dataset's name and numbers, and the four pages. */
export function header(): HTMLElement {
  const open = el(
    "button",
    {
      type: "button",
      class: "plain only-narrow",
      id: "open-list",
      "aria-label": "Episodes",
      "aria-controls": "episodes",
      onclick: () => set({ tab: "explore", listOpen: !(now().listOpen && now().tab === "explore") }),
    },
    icon("list"),
  );
  on(["listOpen"], ({ listOpen }) => open.setAttribute("aria-expanded", String(listOpen)));
  const title = el(
    "div",
    { class: "title" },
    el("h1", {}, data.home.name),
    el("code", { title: data.snapshot.id }, data.snapshot.id.slice(0, 8)),
    data.snapshot.n !== null && el("span", { class: "version" }, `v${data.snapshot.n}`),
  );
  const help = el("button", { type: "button", class: "plain", "aria-label": "Keys", title: "Keys (?)", onclick: showHelp }, "?");
  const theme = el(
    "button",
    { type: "button", class: "plain", id: "theme", title: "Colours (t)", onclick: toggleTheme },
    icon("theme"),
  );
  return el("header", { class: "top" }, open, title, el("p", { class: "numbers" }, ...numbers()), tabs(), help, theme);
}

function numbers(): HTMLElement[] {
  const kept = data.episodes.filter(({ status }) => status === "kept");
  const seconds = kept.reduce((sum, episode) => sum + episode.seconds, 0);
  const rows = kept.reduce((sum, episode) => sum + episode.rows, 0);
  const out = data.episodes.length - kept.length;
  const told = [
    countOf(kept.length, "episode"),
    duration(seconds),
    countOf(rows, "row"),
    out > 0 && `${count(out)} left out`,
    findingsOf.size > 0 && countOf(data.findings.length, "finding"),
  ];
  return told.filter((each) => each !== false).map((each) => el("span", {}, each));
}

function tabs(): HTMLElement {
  const buttons = TABS.map((tab) =>
    el(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${tab}`,
        "aria-controls": `page-${tab}`,
        onclick: () => set({ tab, listOpen: false }),
      },
      NAMES[tab],
      tab === "findings" && data.findings.length > 0 && el("b", {}, count(data.findings.length)),
    ),
  );
  on(["tab"], ({ tab }) => {
    for (const [place, each] of TABS.entries()) {
      buttons[place]!.setAttribute("aria-selected", String(each === tab));
      buttons[place]!.tabIndex = each === tab ? 0 : -1;
    }
  });
  const list = el("div", { class: "tabs", role: "tablist", "aria-label": "Pages" }, ...buttons);
  list.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (TABS.indexOf(now().tab) + by + TABS.length) % TABS.length;
    set({ tab: TABS[next]! });
    buttons[next]!.focus();
  });
  return list;
}
