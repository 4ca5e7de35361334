import type { StepFacts } from "../model.ts";
import { data } from "./data.ts";
import { el } from "./dom.ts";
import { bytes, count, countOf, moment } from "./text.ts";

type JsonValue = StepFacts["options"];

/** Where the snapshot comes from: its sources, every step with its version, its views, and the versions before it. */
export function lineageTab(): HTMLElement {
  const { snapshot } = data;
  const own = [
    ["Snapshot", el("code", {}, snapshot.id)],
    ["Version", snapshot.n === null ? "not on any line" : `${snapshot.n} of ${snapshot.versions.length}`],
    ["Parent", snapshot.parent === null ? "none: the first" : el("code", {}, snapshot.parent)],
    ["Committed", moment(snapshot.at)],
    ["Recipe", el("code", {}, snapshot.recipe)],
    ["Seed", snapshot.seed === null ? "unknown" : String(snapshot.seed)],
    ["Dataset", el("code", {}, data.home.path)],
  ] as const;
  return el(
    "div",
    { class: "sheet-page cardsheet" },
    flow(),
    el(
      "div",
      { class: "grid" },
      el(
        "section",
        { class: "panel" },
        el("h2", {}, "This snapshot"),
        el("dl", {}, ...own.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      ),
      versionCard(),
    ),
    el(
      "p",
      { class: "made" },
      `Written by Tendon ${data.tendon} on ${moment(data.madeAt)}. All of it is in this file: it loads nothing and sends nothing.`,
    ),
  );
}

function flow(): HTMLElement {
  const of = (kind: StepFacts["kind"]) => data.steps.filter((step) => step.kind === kind);
  const columns = [
    ["Sources", data.sources.map(sourceCard)],
    ["Stages", of("stage").map(stepCard)],
    ["Checks", of("check").map(stepCard)],
    ["Decisions", of("decision").map(stepCard)],
    ["Views", [...viewCards()]],
  ] as const;
  const drawn = columns
    .filter(([, cards]) => cards.length > 0)
    .map(([title, cards]) => el("li", { class: "lane" }, el("h2", {}, title), ...cards));
  return el("ol", { class: "flow", "aria-label": "How this snapshot was made" }, ...drawn);
}

function sourceCard({
  name,
  tier,
  plugin,
  version,
  path,
  there,
  kept: kept_,
  dropped,
  options,
}: (typeof data.sources)[number]): HTMLElement {
  const state = there === "here" ? "there" : there === "gone" ? "no longer there" : "unknown";
  return el(
    "div",
    { class: `step ${there}` },
    el("h3", {}, name, plugin !== "" && el("small", {}, `${plugin} ${version}`)),
    path !== undefined && el("code", { title: path }, path),
    el(
      "p",
      {},
      `${countOf(kept_, "episode")} kept${dropped > 0 ? `, ${count(dropped)} dropped` : ""}${tier === "" ? "" : ` · ${tier}`}`,
    ),
    path !== undefined && el("p", { class: "where" }, el("i", { class: `dot ${there}` }), `the files are ${state}`),
    optionsOfStep(options),
  );
}

function stepCard({ name, version, options, dropped, found: many, module: digest }: StepFacts): HTMLElement {
  const did = [many ? countOf(many, "finding") : "", dropped ? `${countOf(dropped, "episode")} dropped` : ""]
    .filter(Boolean)
    .join(", ");
  return el(
    "div",
    { class: "step" },
    el("h3", {}, name, el("small", {}, `version ${version}`)),
    did !== "" && el("p", {}, did),
    digest !== undefined && el("p", {}, "from a module of its own: ", el("code", {}, digest.slice(0, 12))),
    optionsOfStep(options),
  );
}

function* viewCards(): Generator<HTMLElement> {
  for (const { sink, version, embodiment, rows: many, files, bytes: size, path, there } of data.views) {
    const step = data.steps.find(({ kind, name }) => kind === "sink" && name === sink);
    yield el(
      "div",
      { class: `step ${there}` },
      el("h3", {}, sink, el("small", {}, `format ${version}${step ? `, version ${step.version}` : ""}`)),
      el("p", {}, `${embodiment}: ${count(many)} rows`),
      el("p", {}, files === 0 ? "" : `${countOf(files, "file")}, ${bytes(size)}`),
      el("code", { title: path }, path),
      there === "gone" &&
        el("p", { class: "where" }, el("i", { class: "dot gone" }), "its folder was removed; run again to make it"),
      step ? optionsOfStep(step.options) : null,
    );
  }
}

function optionsOfStep(options: JsonValue): HTMLElement | null {
  if (options === null || typeof options !== "object" || Array.isArray(options)) return null;
  const entries = Object.entries(options).map(
    ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
  );
  if (entries.length === 0) return null;
  return el(
    "details",
    {},
    el("summary", {}, countOf(entries.length, "option")),
    el("dl", {}, ...entries.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
  );
}

function versionCard(): HTMLElement {
  const { versions, id } = data.snapshot;
  const items = versions
    .toReversed()
    .map((version) =>
      el(
        "li",
        { "aria-current": version.id === id ? "true" : null },
        el("b", {}, `${version.n}`),
        el("code", {}, version.id.slice(0, 12)),
        el("span", {}, version.episodes === null ? "cannot be read" : countOf(version.episodes, "episode")),
        el("span", { class: "when" }, moment(version.at)),
      ),
    );
  return el("section", { class: "panel" }, el("h2", {}, "Versions"), el("ol", { class: "versions" }, ...items));
}
