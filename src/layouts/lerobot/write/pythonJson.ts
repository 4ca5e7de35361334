/**
 * JSON as Python programs expect it: a Float64Array is printed as floats (`1.0`, never `1`), because
 * readers take the type of a column from its first number; a missing float is `NaN`, which Python
 * reads. Other numbers are printed as they are. `indent` spaces a level; arrays stay on one line.
 */
export function pythonJson(value: unknown, indent = 0, level = 0): string {
  if (value instanceof Float64Array) return `[${[...value].map(float).join(", ")}]`;
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item, 0)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    const lines = entries.map(([key, member]) => `${JSON.stringify(key)}: ${pythonJson(member, indent, level + 1)}`);
    if (indent === 0 || lines.length === 0) return `{${lines.join(", ")}}`;
    const pad = " ".repeat(indent * (level + 1));
    return `{\n${lines.map((line) => pad + line).join(",\n")}\n${" ".repeat(indent * level)}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`not JSON: ${value}`);
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`not JSON: ${typeof value}`);
  return text;
}

function float(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) throw new TypeError(`not JSON: ${value}`);
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
