import type { NumberDtype } from "../../core/feature.ts";
import { arrayOffer, lengthOf, type Offer, scalarOffer, textOffer, vectorOffer } from "./column.ts";
import { isLong, isObject } from "./stamp.ts";

/** Deeper or more than this is no robot's message. */
const DEPTH_MAX = 8;
const OFFERS_MAX = 256;
/** Times are read apart; what stands in them is no signal. */
const TIMES: ReadonlySet<string> = new Set(["timestamp", "stamp", "header", "time"]);
/** Texts that a model may learn from; others, such as frame names, are not streams. */
const TEXTS: ReadonlySet<string> = new Set(["text", "instruction", "language", "task", "prompt", "annotation", "message"]);

/**
 * The streams of a message whose type is unknown but whose names come with it (JSON, protobuf):
 * every number, every list of numbers, every object of numbers alone becomes rows, named by its
 * path; texts named as language become text.
 */
export function inferredOffers(first: unknown): Offer[] {
  const offers: Offer[] = [];
  collect(first, [], first, offers);
  return offers.slice(0, OFFERS_MAX);
}

function collect(value: unknown, path: readonly string[], root: unknown, offers: Offer[]): void {
  if (path.length > DEPTH_MAX || offers.length >= OFFERS_MAX) return;
  const suffix = path.join(".");
  const name = path.at(-1) ?? "";
  const dtype = dtypeOf(value);
  if (dtype) offers.push(scalarOffer(suffix, path, dtype));
  else if (typeof value === "string") {
    if (TEXTS.has(name)) offers.push(textOffer(suffix, path));
  } else if (lengthOf(value) !== undefined) {
    const element = elementDtype(value as ArrayLike<unknown>);
    const offer = element && arrayOffer(suffix, path, element, root);
    if (offer) offers.push(offer);
  } else if (isObject(value)) collectObject(value, path, root, offers);
}

function collectObject(
  value: { readonly [key: string]: unknown },
  path: readonly string[],
  root: unknown,
  offers: Offer[],
): void {
  const names = Object.keys(value).filter((name) => !TIMES.has(name));
  const numeric = names.length > 1 && names.every((name) => typeof value[name] === "number");
  if (numeric && path.length > 0) offers.push(vectorOffer(path.join("."), path, names));
  else for (const name of names) collect(value[name], [...path, name], root, offers);
}

function dtypeOf(value: unknown): NumberDtype | undefined {
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  return isLong(value) ? (value.unsigned ? "uint64" : "int64") : undefined;
}

/** The dtype that all elements share; bytes are left alone, being pictures or packed data. */
function elementDtype(list: ArrayLike<unknown>): NumberDtype | undefined {
  if (list instanceof Uint8Array) return undefined;
  const first = dtypeOf(list[0]);
  for (let index = 1; index < list.length; index++) if (dtypeOf(list[index]) !== first) return undefined;
  return first;
}
