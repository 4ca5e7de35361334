import { createHash } from "node:crypto";
import { packageFile, pageScript, pageStyle } from "./link.ts";
import type { ReportBlocks, ReportData } from "./model.ts";

/** The page's fixed parts: what does not depend on the dataset. */
interface Shell {
  readonly scripts: readonly string[];
  readonly style: string;
}

function shell(): Shell {
  return {
    scripts: [
      packageFile("uplot", "dist/uPlot.iife.min.js"),
      packageFile("@tanstack/table-core", "build/umd/index.production.js").replace(/\n\/\/# sourceMappingURL=.*/, ""),
      pageScript(),
    ].map(inScript),
    style: `${packageFile("uplot", "dist/uPlot.min.css")}\n${pageStyle()}`,
  };
}

/** What a page takes before any sample or picture: libraries, style and data. */
export function bytesWithoutBlocks(data: ReportData): number {
  const { scripts, style } = shell();
  return scripts.reduce((sum, script) => sum + script.length, 0) + style.length + Buffer.byteLength(dataText(data)) + 4096;
}

/**
 * The page, piece by piece. Text of the dataset stands in it only as JSON in a block that is not run, and
 * comes into the document as text alone; the policy runs just the scripts written here, by their digests, and
 * forbids every connection.
 */
export function* reportHtml(data: ReportData, blocks: ReportBlocks): Generator<string> {
  const { scripts, style } = shell();
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(digestOf).join(" ")}`,
    `style-src ${digestOf(style)}`,
    "img-src data: blob:",
    "media-src blob:",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const title = `${data.home.name} · ${data.snapshot.id.slice(0, 8)} · Tendon`;
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<noscript>This report needs JavaScript. It is all in this file: nothing is loaded from elsewhere.</noscript>
<div id="app"></div>
<script type="application/json" id="data">${dataText(data)}</script>
`;
  for (const [episode, bytes] of blocks.samples) yield block(`samples-${episode}`, bytes);
  for (const [key, bytes] of blocks.videos) yield block(`video-${key.replace("/", "-")}`, bytes);
  for (const script of scripts) yield `<script>${script}</script>\n`;
  yield "</body>\n</html>\n";
}

function block(id: string, bytes: Uint8Array): string {
  return `<script type="text/plain" id="${id}">${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}</script>\n`;
}

function dataText(data: ReportData): string {
  return jsonInScript(data);
}

/** JSON that cannot end its script element, nor start a comment in it. */
export function jsonInScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** Code of ours and of the libraries holds no closing tag but within strings, where this means the same. */
function inScript(code: string): string {
  return code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
}

function digestOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
