import type { SchemaElement } from "hyparquet";
import type { NumberDtype } from "../../core/feature.ts";

/** What the rows of one column are. */
export type ParquetFieldType =
  /** Numbers; `lists` counts the lists around a value: 0 for a plain number, 1 for a vector. */
  | { readonly kind: "numbers"; readonly dtype: NumberDtype; readonly lists: number }
  /** UTF-8; `json` where the file says that it holds JSON. */
  | { readonly kind: "text"; readonly json: boolean }
  | { readonly kind: "bytes" }
  /** Hugging Face's image: a struct of `bytes` and `path`. Read, it gives its `bytes`. */
  | { readonly kind: "image" }
  /** Known only to `objects()`. */
  | { readonly kind: "other"; readonly text: string };

/** One column of a file. */
export interface ParquetField {
  readonly name: string;
  readonly type: ParquetFieldType;
}

interface Node {
  readonly element: SchemaElement;
  readonly children: readonly Node[];
}

/** Deeper nesting than any format here has. */
const DEPTH_MAX = 16;

/** The columns of a footer's flat list of schema elements, in file order. */
export function fieldsOf(schema: readonly SchemaElement[]): ParquetField[] {
  let next = 0;
  const take = (depth: number): Node => {
    const element = schema[next++];
    if (element === undefined || depth > DEPTH_MAX) throw new Error("the schema in the footer is not a tree");
    const children: Node[] = [];
    for (let child = 0; child < (element.num_children ?? 0); child++) children.push(take(depth + 1));
    return { element, children };
  };
  return take(0).children.map((node) => ({ name: node.element.name, type: typeOf(node) }));
}

function typeOf(node: Node): ParquetFieldType {
  let lists = 0;
  let inner = node;
  for (let item = listItem(inner); item !== undefined; item = listItem(inner)) {
    inner = item;
    lists++;
  }
  if (lists === 0 && isImage(inner)) return { kind: "image" };
  const plain = inner.children.length === 0 && inner.element.repetition_type !== "REPEATED";
  const dtype = plain ? dtypeOf(inner.element) : undefined;
  if (dtype !== undefined) return { kind: "numbers", dtype, lists };
  if (lists === 0 && plain && inner.element.type === "BYTE_ARRAY") return textOrBytes(inner.element);
  return { kind: "other", text: describe(node) };
}

/** What a list holds: `group (LIST) { repeated group list { element } }`, under any of the names that writers use. */
function listItem({ element, children }: Node): Node | undefined {
  if (element.converted_type !== "LIST" && element.logical_type?.type !== "LIST") return undefined;
  const repeated = children[0];
  if (children.length !== 1 || repeated?.element.repetition_type !== "REPEATED") return undefined;
  return repeated.children.length === 1 ? repeated.children[0] : undefined;
}

function isImage({ children }: Node): boolean {
  const bytes = children.find((child) => child.element.name === "bytes");
  return bytes?.element.type === "BYTE_ARRAY" && children.some((child) => child.element.name === "path");
}

function textOrBytes({ converted_type, logical_type }: SchemaElement): ParquetFieldType {
  const logical = logical_type?.type;
  if (converted_type === "JSON" || logical === "JSON") return { kind: "text", json: true };
  if (converted_type === "UTF8" || converted_type === "ENUM" || logical === "STRING" || logical === "ENUM")
    return { kind: "text", json: false };
  return converted_type === undefined && logical === undefined ? { kind: "bytes" } : { kind: "other", text: String(logical) };
}

function dtypeOf({ type, converted_type, logical_type, type_length }: SchemaElement): NumberDtype | undefined {
  if (type === "BOOLEAN") return "bool";
  if (type === "FLOAT") return "float32";
  if (type === "DOUBLE") return "float64";
  // DuckDB widens half floats, which loses nothing.
  if (type === "FIXED_LEN_BYTE_ARRAY" && type_length === 2 && logical_type?.type === "FLOAT16") return "float32";
  if (type !== "INT32" && type !== "INT64") return undefined;
  if (logical_type?.type === "INTEGER") return INTEGERS[`${logical_type.isSigned ? "INT" : "UINT"}_${logical_type.bitWidth}`];
  if (converted_type !== undefined) return INTEGERS[converted_type];
  if (logical_type !== undefined) return undefined;
  return type === "INT32" ? "int32" : "int64";
}

const INTEGERS: Readonly<Record<string, NumberDtype>> = {
  INT_8: "int8",
  INT_16: "int16",
  INT_32: "int32",
  INT_64: "int64",
  UINT_8: "uint8",
  UINT_16: "uint16",
  UINT_32: "uint32",
  UINT_64: "uint64",
};

function describe({ element, children }: Node): string {
  if (children.length === 0) return `${element.logical_type?.type ?? element.converted_type ?? element.type ?? "nothing"}`;
  return `${element.converted_type ?? "struct"} of ${children.map((child) => child.element.name).join(", ")}`;
}
