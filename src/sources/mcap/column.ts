import { type NumberArray, numbers } from "../../core/batch.ts";
import type { Feature, NumberDtype } from "../../core/feature.ts";
import { isLong, isObject, longToBigInt } from "./stamp.ts";

/** How the samples of one stream come out of the messages of a topic. */
export type Column =
  | {
      readonly as: "rows";
      readonly dtype: NumberDtype;
      readonly width: number;
      /** The message's own fields that `read` looks at; absent: it may look at all. */
      readonly fields?: readonly string[];
      readonly read: (message: unknown, rows: Rows) => void;
    }
  | { readonly as: "text"; readonly fields?: readonly string[]; readonly read: (message: unknown) => string | undefined }
  /** The message as it stands in the file. */
  | { readonly as: "message" }
  | { readonly as: "picture"; readonly read: (message: unknown) => Uint8Array | undefined };

/** A stream that a topic offers, before it has its whole name. */
export interface Offer {
  /** Stands after the topic's own name; empty where the topic is one stream. */
  readonly suffix: string;
  readonly feature: Feature;
  readonly column: Column;
}

/** The numbers of some samples while they are filled: `[sample, width]`. */
export class Rows {
  readonly values: NumberArray;
  readonly width: number;
  /** What was odd, and how often: told once an episode. */
  readonly oddities: Map<string, number>;
  #valid: Uint8Array | undefined;
  /** The first value of the sample that is being filled. */
  at = 0;

  constructor(dtype: NumberDtype, width: number, count: number, oddities: Map<string, number>) {
    this.values = numbers(dtype, width * count);
    this.width = width;
    this.oddities = oddities;
  }

  /** `[sample, width]`; undefined where all is there. */
  get valid(): Uint8Array | undefined {
    return this.#valid;
  }

  set(index: number, value: unknown): void {
    if (typeof value === "number") this.#put(index, value);
    else if (typeof value === "bigint") this.#putBig(index, value);
    else if (typeof value === "boolean") this.#put(index, value ? 1 : 0);
    else if (isLong(value)) this.#putBig(index, longToBigInt(value));
    else this.missing(index);
  }

  /** Marks one value of the sample as missing. */
  missing(index: number): void {
    this.#valid ??= new Uint8Array(this.values.length).fill(1);
    this.#valid[this.at + index] = 0;
    const { values } = this;
    // A reader that overlooks the mask sees that there is nothing, not a plausible zero.
    if (values instanceof Float64Array || values instanceof Float32Array) values[this.at + index] = Number.NaN;
  }

  /** Marks the whole sample as missing. */
  skip(why: string): void {
    for (let index = 0; index < this.width; index++) this.missing(index);
    this.odd(why);
  }

  odd(what: string): void {
    this.oddities.set(what, (this.oddities.get(what) ?? 0) + 1);
  }

  #put(index: number, value: number): void {
    const { values } = this;
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) this.#putBig(index, BigInt(Math.trunc(value)));
    else values[this.at + index] = value;
  }

  #putBig(index: number, value: bigint): void {
    const { values } = this;
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) values[this.at + index] = value;
    else values[this.at + index] = Number(value);
  }
}

/** The thing at a path of names in a message; undefined where the path leads nowhere. */
export function follow(message: unknown, path: readonly string[]): unknown {
  let at = message;
  for (const name of path) {
    if (!isObject(at)) return undefined;
    at = at[name];
  }
  return at;
}

/** Named numbers of one object in the message, such as x, y and z, as one vector. */
export function vectorOffer(suffix: string, path: readonly string[], names: readonly string[], unit?: string): Offer {
  return {
    suffix,
    feature: { dtype: "float64", shape: [names.length], names, ...(unit && { unit }) },
    column: {
      as: "rows",
      dtype: "float64",
      width: names.length,
      fields: path.length === 0 ? names : [path[0]!],
      read: (message, rows) => {
        const object = follow(message, path);
        if (!isObject(object)) return rows.skip(`lacks ${path.join(".")}`);
        for (let index = 0; index < names.length; index++) rows.set(index, object[names[index]!]);
      },
    },
  };
}

/** One number of the message. */
export function scalarOffer(suffix: string, path: readonly string[], dtype: NumberDtype, unit?: string): Offer {
  return {
    suffix,
    feature: { dtype, shape: [], ...(unit && { unit }) },
    column: {
      as: "rows",
      dtype,
      width: 1,
      fields: path.slice(0, 1),
      read: (message, rows) => rows.set(0, follow(message, path)),
    },
  };
}

/** An array of numbers whose length the first message fixes; undefined where that one has none. */
export function arrayOffer(
  suffix: string,
  path: readonly string[],
  dtype: NumberDtype,
  first: unknown,
  details: { readonly unit?: string; readonly names?: readonly string[] } = {},
): Offer | undefined {
  const width = lengthOf(follow(first, path));
  if (width === undefined || width === 0) return undefined;
  return {
    suffix,
    feature: { dtype, shape: [width], ...details },
    column: {
      as: "rows",
      dtype,
      width,
      fields: path.slice(0, 1),
      read: (message, rows) => {
        const array = follow(message, path) as ArrayLike<unknown>;
        const length = lengthOf(array);
        if (length !== width)
          return rows.skip(`has ${length ?? "no"} values in ${path.join(".")} where the first message has ${width}`);
        for (let index = 0; index < width; index++) rows.set(index, array[index]);
      },
    },
  };
}

/** The length of a list of numbers: a plain array or a typed one. */
export function lengthOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return ArrayBuffer.isView(value) && "length" in value ? (value.length as number) : undefined;
}

/** A text of the message. */
export function textOffer(suffix: string, path: readonly string[]): Offer {
  return {
    suffix,
    feature: { dtype: "text", shape: [] },
    column: {
      as: "text",
      fields: path.slice(0, 1),
      read: (message) => {
        const text = follow(message, path);
        return typeof text === "string" ? text : undefined;
      },
    },
  };
}
