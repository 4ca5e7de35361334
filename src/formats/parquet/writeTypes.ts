import type { SchemaElement } from "hyparquet";
import type { NumberDtype } from "../../core/feature.ts";

/** One column of a Parquet file. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: NumberDtype | "text";
  /**
   * Of one row: `[]` is a plain value, `[26]` a list of 26, `[3, 1, 1]` lists in lists; `"any"` a
   * list of any length (text only).
   */
  readonly shape: readonly number[] | "any";
}

type Physical = "BOOLEAN" | "INT32" | "INT64" | "FLOAT" | "DOUBLE" | "BYTE_ARRAY";

/** How a column's numbers lie in a page. */
export interface Storage {
  readonly physical: Physical;
  /** Bytes of one value in a page; 0 for text; bool counts 1 and is packed when the page is full. */
  readonly valueBytes: number;
  readonly element: Pick<SchemaElement, "converted_type" | "logical_type">;
}

/** float16 is widened to float32, which holds every value of it. */
export function storageOf(type: ParquetColumn["type"]): Storage {
  return STORAGE[type];
}

/**
 * The schema elements of one column, outermost first, and the path of its leaf. Lists are written as
 * `optional group (LIST) { repeated group list { optional element } }`, which every reader knows.
 */
export function columnSchema(column: ParquetColumn): { elements: SchemaElement[]; path: string[] } {
  const depth = listDepth(column);
  const { physical, element } = storageOf(column.type);
  const elements: SchemaElement[] = [];
  const path: string[] = [];
  let name = column.name;
  for (let level = 0; level < depth; level++) {
    elements.push({
      name,
      repetition_type: "OPTIONAL",
      num_children: 1,
      converted_type: "LIST",
      logical_type: { type: "LIST" },
    });
    elements.push({ name: "list", repetition_type: "REPEATED", num_children: 1 });
    path.push(name, "list");
    name = "element";
  }
  elements.push({ name, type: physical, repetition_type: "OPTIONAL", ...element });
  path.push(name);
  return { elements, path };
}

/** How many lists stand around a value. */
export function listDepth(column: ParquetColumn): number {
  return column.shape === "any" ? 1 : column.shape.length;
}

/** Values in one row of a fixed shape. */
export function rowWidth(column: ParquetColumn): number {
  if (column.shape === "any") throw new TypeError(`${column.name}: a list of any length has no width`);
  return column.shape.reduce((product, size) => product * size, 1);
}

const integer = (bitWidth: 8 | 16 | 32 | 64, isSigned: boolean): Storage["element"] => ({
  converted_type: `${isSigned ? "INT" : "UINT"}_${bitWidth}` as const,
  logical_type: { type: "INTEGER", bitWidth, isSigned },
});

const STORAGE: { readonly [type in ParquetColumn["type"]]: Storage } = {
  bool: { physical: "BOOLEAN", valueBytes: 1, element: {} },
  int8: { physical: "INT32", valueBytes: 4, element: integer(8, true) },
  uint8: { physical: "INT32", valueBytes: 4, element: integer(8, false) },
  int16: { physical: "INT32", valueBytes: 4, element: integer(16, true) },
  uint16: { physical: "INT32", valueBytes: 4, element: integer(16, false) },
  int32: { physical: "INT32", valueBytes: 4, element: {} },
  uint32: { physical: "INT32", valueBytes: 4, element: integer(32, false) },
  int64: { physical: "INT64", valueBytes: 8, element: {} },
  uint64: { physical: "INT64", valueBytes: 8, element: integer(64, false) },
  float16: { physical: "FLOAT", valueBytes: 4, element: {} },
  float32: { physical: "FLOAT", valueBytes: 4, element: {} },
  float64: { physical: "DOUBLE", valueBytes: 8, element: {} },
  text: { physical: "BYTE_ARRAY", valueBytes: 0, element: { converted_type: "UTF8", logical_type: { type: "STRING" } } },
};
