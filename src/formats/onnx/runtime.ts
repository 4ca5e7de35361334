import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { asTendonError, TendonError } from "../../core/errors.ts";
import { onnxMetadata } from "./metadata.ts";

/** What is installed by name when a model is first needed: few need it, and it weighs as much as the rest. */
const PACKAGE = "onnxruntime-web";
const VERSION = "1.30.0";

export interface OnnxTensor {
  readonly type: string;
  /** Sizes; text where a size is left open. */
  readonly dims: readonly (number | string)[];
  readonly data: Uint8Array | Float32Array;
}

/** An input or an output as the model declares it. */
export interface OnnxValue {
  readonly name: string;
  readonly type: string;
  /** Sizes; text where one is left open. */
  readonly shape: readonly (number | string)[];
}

/** A model that can be run. */
export interface OnnxModel extends AsyncDisposable {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** What its file says of itself. */
  readonly metadata: ReadonlyMap<string, string>;
  run(inputs: { readonly [name: string]: OnnxTensor }): Promise<{ readonly [name: string]: OnnxTensor }>;
}

/** As much of the package as is used. */
interface Runtime {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly Tensor: new (type: string, data: OnnxTensor["data"], dims: OnnxTensor["dims"]) => OnnxTensor;
  readonly InferenceSession: { create(model: Uint8Array): Promise<RuntimeSession> };
}

interface RuntimeSession {
  readonly inputMetadata: readonly OnnxValue[];
  readonly outputMetadata: readonly OnnxValue[];
  run(inputs: { readonly [name: string]: OnnxTensor }): Promise<{ readonly [name: string]: OnnxTensor }>;
  release(): Promise<void>;
}

/**
 * Opens a model with ONNX Runtime as WebAssembly, on one thread: equal inputs give equal bits on every
 * machine. The only file that knows the runtime.
 */
export async function openOnnx(file: string): Promise<OnnxModel> {
  const bytes = await readFile(file).catch((thrown: unknown) => {
    throw asTendonError(thrown, "not-found", { file });
  });
  const runtime = openRuntime();
  try {
    const metadata = onnxMetadata(bytes);
    const session = await runtime.InferenceSession.create(bytes);
    return {
      inputs: session.inputMetadata,
      outputs: session.outputMetadata,
      metadata,
      run: (inputs) => {
        const tensors = Object.entries(inputs).map(([name, { type, data, dims }]) => [
          name,
          new runtime.Tensor(type, data, dims),
        ]);
        return session.run(Object.fromEntries(tensors));
      },
      [Symbol.asyncDispose]: () => session.release(),
    };
  } catch (thrown) {
    if (thrown instanceof TendonError) throw asTendonError(thrown, "bad-data", { file });
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new TendonError("bad-data", `cannot be run as an ONNX model: ${why}`, { place: { file }, cause: thrown });
  }
}

/** The package beside Tendon, or where the user stands. */
function openRuntime(): Runtime {
  const require = createRequire(import.meta.url);
  try {
    const runtime = require(require.resolve(PACKAGE, { paths: [import.meta.dirname, process.cwd()] })) as Runtime;
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = "error";
    return runtime;
  } catch (cause) {
    const message = `a policy is run by the package ${PACKAGE}: npm install ${PACKAGE}@${VERSION}, and run again`;
    throw new TendonError("missing-tool", message, { cause });
  }
}
