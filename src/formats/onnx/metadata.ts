import { TendonError } from "../../core/errors.ts";

/** The fields of ONNX's ModelProto and StringStringEntryProto that are read here (onnx.proto). */
const METADATA_PROPS = 14;
const [KEY, VALUE] = [1, 2];
/** Protobuf's wire types. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/** What a model's file says of itself: its `metadata_props`, which runtimes do not hand out. */
export function onnxMetadata(model: Uint8Array): ReadonlyMap<string, string> {
  const props = new Map<string, string>();
  for (const { field, bytes } of fieldsOf(model)) {
    if (field !== METADATA_PROPS || !bytes) continue;
    const texts = new Map<number, string>();
    for (const part of fieldsOf(bytes)) if (part.bytes) texts.set(part.field, new TextDecoder().decode(part.bytes));
    props.set(texts.get(KEY) ?? "", texts.get(VALUE) ?? "");
  }
  return props;
}

/** The fields of one protobuf message; `bytes` are a view, and absent where the field is a number. */
function* fieldsOf(message: Uint8Array): Generator<{ readonly field: number; readonly bytes?: Uint8Array }> {
  let at = 0;
  const varint = (): number => {
    // Numbers of 64 bits lose their lowest bits here; lengths and tags do not get so large.
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw broken(at);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === VARINT) varint();
    else if (type === FIXED64) at += 8;
    else if (type === FIXED32) at += 4;
    else if (type !== BYTES) throw broken(at);
    const end = type === BYTES ? varint() + at : at;
    if (end > message.length) throw broken(at);
    yield type === BYTES ? { field, bytes: message.subarray(at, end) } : { field };
    at = end;
  }
}

function broken(offset: number): TendonError {
  return new TendonError("bad-data", "is no ONNX model, or is cut short", { place: { offset } });
}
