import { cameras } from "./cameras.ts";
import { startClock } from "./clock.ts";
import { data, episodeAt, findingsOf, nameOf, taskOf } from "./data.ts";
import { distributionsTab } from "./distributions.ts";
import { el, fill, icon } from "./dom.ts";
import { findingsTab } from "./findings.ts";
import { header } from "./header.ts";
import { goToFinding, helpDialog, listenForKeys } from "./keys.ts";
import { lineageTab } from "./lineage.ts";
import { episodeList } from "./list.ts";
import { plots } from "./plots.ts";
import { side } from "./side.ts";
import { now, on, openFinding, set, TABS } from "./state.ts";
import { applyTheme } from "./theme.ts";
import { transport } from "./transport.ts";

const app = document.getElementById("app")!;

function explore(): HTMLElement {
  const title = el("h2", { class: "episode-title", "aria-live": "polite" });
  on(["episode"], ({ episode }) => {
    const facts = episodeAt(episode);
    fill(title, facts ? nameOf(facts) : "No episode", el("small", {}, facts ? (taskOf(facts) ?? "") : ""));
  });
  const jump = data.findings.length > 0 && el("span", { class: "jump" }, stepButton(-1), stepButton(1));
  const stage = el(
    "main",
    { class: "stage", id: "stage" },
    el("div", { class: "heading" }, title, jump),
    el("div", { class: "fixed" }, cameras(), transport()),
    plots(),
  );
  const veil = el("div", { class: "veil", onclick: () => set({ listOpen: false }) });
  const page = el("div", { class: "explore" }, episodeList(), veil, el("div", { class: "detail" }, stage, side()));
  on(["listOpen"], ({ listOpen }) => page.classList.toggle("list-open", listOpen));
  return page;
}

function stepButton(by: number): HTMLElement {
  const label = by > 0 ? "Next finding" : "Previous finding";
  return el(
    "button",
    { type: "button", class: "plain", title: `${label} (${by > 0 ? "n" : "p"})`, onclick: () => goToFinding(by) },
    by < 0 && icon("back"),
    by > 0 ? "Next finding" : "",
    by > 0 && icon("forward"),
    by < 0 && el("span", { class: "sr" }, label),
  );
}

/** What is missing and what was left out, in one line that opens. */
function remarks(): HTMLElement | null {
  if (data.remarks.length === 0) return null;
  const missing = data.remarks.filter(({ about }) => about === "missing").length;
  const out = data.remarks.length - missing;
  const told = [
    missing > 0 && `${missing} ${missing === 1 ? "thing is" : "things are"} missing`,
    out > 0 && `${out} ${out === 1 ? "thing was" : "things were"} left out to keep the page small`,
  ].filter(Boolean);
  const text = told.join(", ");
  return el(
    "details",
    { class: `remarks ${missing > 0 ? "missing" : ""}` },
    el("summary", {}, text),
    el("ul", {}, ...data.remarks.map(({ text: said }) => el("li", {}, said))),
  );
}

function pages(): HTMLElement {
  const made = { explore: explore(), findings: findingsTab(), distributions: distributionsTab(), lineage: lineageTab() };
  const panels = TABS.map((tab) =>
    el("div", { class: "page", id: `page-${tab}`, role: "tabpanel", "aria-labelledby": `tab-${tab}` }, made[tab]),
  );
  on(["tab"], ({ tab }) => {
    for (const [place, each] of TABS.entries()) panels[place]!.hidden = each !== tab;
  });
  return el("div", { class: "pages" }, ...panels);
}

/** `#episode=15&time=1.2` leads to a place in the report, and the address keeps up with where one is. */
function followAddress(): void {
  const asked = new URLSearchParams(location.hash.slice(1));
  const finding = Number(asked.get("finding") ?? Number.NaN);
  const episode = data.episodes.findIndex(({ id }) => id === asked.get("episode"));
  const tab = TABS.find((each) => each === asked.get("tab"));
  if (Number.isInteger(finding)) openFinding(finding);
  if (episode >= 0) set({ episode, time: Number(asked.get("time") ?? 0) || 0 });
  if (tab) set({ tab });
  on(["episode", "finding", "tab"], () => {
    const { episode: place, finding: at, tab: page } = now();
    const address = new URLSearchParams({
      ...(page === "explore" ? {} : { tab: page }),
      ...(at === null ? { episode: episodeAt(place)?.id ?? "" } : { finding: String(at) }),
    });
    try {
      history.replaceState(null, "", `#${address}`);
    } catch {
      // A browser may refuse it for a file.
    }
  });
}

/** The first that someone should look at, where there is one. */
const worst = data.findings.findIndex(({ episode, severity }) => episode !== undefined && severity === "broken");
set({ episode: worst >= 0 ? data.findings[worst]!.episode! : (findingsOf.keys().next().value ?? 0) });
fill(app, el("a", { class: "skip", href: "#stage" }, "To the episode"), header(), remarks(), pages(), helpDialog());
listenForKeys();
followAddress();
applyTheme();
startClock();
