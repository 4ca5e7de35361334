import { TendonError } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

/** Whether a stream's name fits a pattern: `*` stands for any run of characters, dots too; all else for itself. */
export function fits(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let p = 0;
  while (at < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = at;
    } else if (p < pattern.length && pattern[p] === name[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/**
 * The names that at least one pattern fits, in the order of `names`. Throws a `bad-pipeline` error at
 * `path` for a pattern that fits none, since a typo would otherwise do nothing in silence.
 */
export function streamsFitting(patterns: readonly string[], names: readonly string[], path: string): string[] {
  for (const pattern of patterns) {
    if (!names.some((name) => fits(pattern, name))) throw unknownStream(pattern, names, path);
  }
  return names.filter((name) => patterns.some((pattern) => fits(pattern, name)));
}

/**
 * The pattern that says most about a name: the name itself, else the one with the most characters
 * besides `*`, so that the order of a map in YAML means nothing. Undefined where none fits.
 */
export function closestPattern(patterns: readonly string[], name: string): string | undefined {
  const letters = (pattern: string) => (pattern === name ? Number.POSITIVE_INFINITY : pattern.replaceAll("*", "").length);
  return patterns.filter((pattern) => fits(pattern, name)).toSorted((a, b) => letters(b) - letters(a) || (a < b ? -1 : 1))[0];
}

/** The error for a stream, or a pattern of streams, that is not there. */
export function unknownStream(name: string, names: readonly string[], path: string): TendonError {
  const what = name.includes("*") ? `no stream fits "${name}"` : `there is no stream "${name}"`;
  const there =
    names.length === 0 ? "there are none" : `there are: ${names.slice(0, 40).join(", ")}${names.length > 40 ? ", …" : ""}`;
  return new TendonError("bad-pipeline", `${what}${didYouMean(name, names)} (${there})`, { place: { path } });
}
