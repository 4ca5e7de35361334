import type { Want } from "../core/batch.ts";
import { canonicalJson } from "../core/json.ts";

/** Several readers' wants as one list, each different want once. */
export interface UnitedWants {
  readonly wants: readonly Want[];
  /** For each united want: the readers that asked for it, and its place in their own lists. */
  readonly routes: readonly (readonly { readonly reader: number; readonly want: number }[])[];
}

/** Equal wants of any reader become one, so that a stream is read, decoded or encoded once for all of them. */
export function uniteWants(readers: readonly (readonly Want[])[]): UnitedWants {
  const wants: Want[] = [];
  const routes: { reader: number; want: number }[][] = [];
  const places = new Map<string, number>();
  readers.forEach((own, reader) => {
    own.forEach((want, index) => {
      const key = canonicalJson(want);
      let place = places.get(key);
      if (place === undefined) {
        place = wants.push(want) - 1;
        routes.push([]);
        places.set(key, place);
      }
      routes[place]!.push({ reader, want: index });
    });
  });
  return { wants, routes };
}
