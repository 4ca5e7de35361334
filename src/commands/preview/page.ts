import type { Finding } from "../../core/finding.ts";
import { toSeconds } from "../../core/time.ts";
import { BUCKETS, type Collected, type Picture, type Plot } from "./collect.ts";
import { png } from "./png.ts";
import type { PreviewEpisode, PreviewReport } from "./types.ts";

const WIDTH = 960;
const HEIGHT = 130;
const LEGEND_MAX = 12;

/** One page that needs nothing else: pictures and plots stand in it. */
export function previewPage(report: PreviewReport, collected: readonly Collected[]): string {
  const title = `${report.episodes[0]?.episode ?? "no episode"} after ${report.after}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body><h1>${escaped(title)}</h1>`,
    ...report.notes.map((note) => `<p class="note">${escaped(note)}</p>`),
    list(
      "Failed",
      report.failures.map(({ step, message }) => `${step}: ${message}`),
    ),
    list(
      "Left out",
      report.drops.map(({ by, reason }) => `${reason} (${by})`),
    ),
    list(
      "Findings",
      report.findings.map((one) => `${one.severity}: ${one.check}: ${one.stream ?? ""} ${one.message}`),
    ),
    ...collected.map((one) => episodePart(one, report.findings)),
    "</body></html>\n",
  ].join("\n");
}

function episodePart({ told, plots, pictures }: Collected, findings: readonly Finding[]): string {
  const lasts = toSeconds(BigInt(told.endNs) - BigInt(told.startNs)).toFixed(2);
  return [
    `<h2>${escaped(told.episode)}</h2><p>${lasts} s on the ${told.clock} clock, ${escaped(told.embodiment)}${told.task ? `, “${escaped(told.task)}”` : ""}</p>`,
    ...[...pictures].map(([stream, own]) => sheet(stream, own, told)),
    ...[...plots].map(([stream, plot]) => figure(stream, plot, told, findings)),
    ...told.streams.flatMap(({ name, texts }) => (texts ? [list(name, texts)] : [])),
  ].join("\n");
}

function sheet(stream: string, pictures: readonly Picture[], { startNs }: PreviewEpisode): string {
  const frames = pictures.map((picture) => {
    const data = `data:image/png;base64,${png(picture).toString("base64")}`;
    const seconds = toSeconds(picture.time - BigInt(startNs)).toFixed(3);
    return `<figure><img alt="frame ${picture.index}" src="${data}"><figcaption>${picture.index} · ${seconds} s</figcaption></figure>`;
  });
  return `<h3>${escaped(stream)}</h3><div class="sheet">${frames.join("")}</div>`;
}

/** Each column is a band from the least to the greatest value in its part of the time; findings are shaded. */
function figure(stream: string, plot: Plot, told: PreviewEpisode, findings: readonly Finding[]): string {
  const facts = told.streams.find(({ name }) => name === stream)!;
  const [low, high] = [facts.min ?? 0, facts.max ?? 1];
  const y = (value: number) => (HEIGHT - ((value - low) / (high - low || 1)) * (HEIGHT - 8) - 4).toFixed(1);
  const lines = plot.low.map((_, column) => {
    const points: string[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const [from, to] = [plot.low[column]![bucket]!, plot.high[column]![bucket]!];
      if (Number.isNaN(from)) continue;
      const x = ((bucket * WIDTH) / BUCKETS).toFixed(1);
      points.push(`${x},${y(from)}`, ...(from === to ? [] : [`${x},${y(to)}`]));
    }
    const colour = `hsl(${(column * 137) % 360} 65% 50%)`;
    return `<polyline points="${points.join(" ")}" stroke="${colour}"><title>${escaped(plot.names[column] ?? "")}</title></polyline>`;
  });
  const marks = findings.filter((one) => one.stream === stream).flatMap((one) => mark(one, told));
  const names = plot.names
    .slice(0, LEGEND_MAX)
    .map((name, column) => `<i style="color:hsl(${(column * 137) % 360} 65% 45%)">${escaped(name)}</i>`);
  const more = plot.names.length > LEGEND_MAX ? ` and ${plot.names.length - LEGEND_MAX} more` : "";
  const range = facts.min === undefined ? "no numbers" : `${number(low)} to ${number(high)}${facts.unit ? ` ${facts.unit}` : ""}`;
  return `<h3>${escaped(stream)} <small>${escaped(range)}, ${facts.samples} samples</small></h3><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(stream)}">${marks.join("")}${lines.join("")}</svg><p class="names">${names.join(" ")}${more}</p>`;
}

function mark({ startNs, endNs, severity, message }: Finding, told: PreviewEpisode): string[] {
  if (startNs === undefined) return [];
  const [zero, whole] = [BigInt(told.startNs), Number(BigInt(told.endNs) - BigInt(told.startNs)) || 1];
  const x = (ns: string) => (Number(BigInt(ns) - zero) / whole) * WIDTH;
  const from = x(startNs);
  const wide = Math.max(2, (endNs === undefined ? from : x(endNs)) - from);
  return [
    `<rect class="${severity}" x="${from.toFixed(1)}" y="0" width="${wide.toFixed(1)}" height="${HEIGHT}"><title>${escaped(message)}</title></rect>`,
  ];
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  return `<h3>${escaped(title)}</h3><ul>${items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Names and texts come from recordings. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const STYLE = `:root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}
h1{font-size:1.3rem}h3{margin:1.2rem 0 .3rem;font-size:1rem}small,figcaption,.names{color:GrayText;font-size:.8rem}
.sheet{display:flex;flex-wrap:wrap;gap:4px}figure{margin:0}img{display:block;max-width:100%}
svg{width:100%;height:auto;border:1px solid GrayText}polyline{fill:none;stroke-width:1.2;vector-effect:non-scaling-stroke}
.broken{fill:#d226;}.risk{fill:#e906}.note{fill:#08f4}.names i{margin-right:.6em;font-style:normal}`;
