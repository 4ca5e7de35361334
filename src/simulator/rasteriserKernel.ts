import { STRIDE } from "./rasteriserFrame.ts";
import { itemsMax, STARTS } from "./rasteriserShadowGrid.ts";
import { WASM } from "./rasteriserWasm.ts";

/** As much as is used of what TypeScript only declares for browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Place {
  /** Bytes from the start of memory. */
  readonly value: number;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  lay(width: number, height: number, shapes: number, itemsMax: number): number;
  clear(): void;
  draw(shape: number, fromColumn: number, toColumn: number, fromRow: number, toRow: number): void;
  develop(): void;
  readonly records: Place;
  readonly scene: Place;
  readonly starts: Place;
  readonly items: Place;
  readonly raysX: Place;
  readonly raysY: Place;
  readonly fineX: Place;
  readonly fineY: Place;
  readonly rowBytes: Place;
  readonly picture: Place;
}

/** What is written before a picture is drawn: see rasteriserMemory.part.simd.ts. */
export interface KernelMemory {
  readonly records: Float32Array;
  readonly scene: Float32Array;
  readonly starts: Int32Array;
  readonly items: Int16Array;
  readonly raysX: Float32Array;
  readonly raysY: Float32Array;
  readonly fineX: Float32Array;
  readonly fineY: Float32Array;
  readonly picture: Uint8Array;
}

const PAGE_BYTES = 65_536;

/** One for all, since each would reserve gigabytes of addresses; a picture is drawn in one go. */
let shared: Exports | undefined;
/** What memory is laid out for now. */
let laid: KernelMemory | undefined;

/** The inner loops, rasteriser.simd.ts, over memory for pictures of one size: four times as fast as in TypeScript. */
export class Kernel {
  readonly width: number;
  readonly height: number;
  readonly #shapes: number;
  #memory: KernelMemory | undefined;

  constructor(width: number, height: number, shapes: number) {
    this.width = width;
    this.height = height;
    this.#shapes = shapes;
  }

  /** Memory that is this one's until another takes it: whatever stood there may be gone. */
  take(): KernelMemory {
    shared ??= new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(WASM, "base64"))).exports as Exports;
    if (laid === undefined || laid !== this.#memory) this.#memory = laid = this.#lay(shared);
    return laid;
  }

  clear(): void {
    shared!.clear();
  }

  /** Draws a shape where it can be: first column, last + 1, first row, last + 1. */
  draw(shape: number, pixels: Int32Array): void {
    shared!.draw(shape, pixels[0]!, pixels[1]!, pixels[2]!, pixels[3]!);
  }

  /** The picture of all that was drawn, rgb24 `[height, width, 3]`. */
  develop(out: Uint8Array): void {
    shared!.develop();
    out.set(this.#memory!.picture);
  }

  #lay(kernel: Exports): KernelMemory {
    const { width, height } = this;
    const items = itemsMax(this.#shapes);
    const bytes = kernel.lay(width, height, this.#shapes, items);
    const missing = Math.ceil((bytes - kernel.memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) kernel.memory.grow(missing);
    const { buffer } = kernel.memory;
    const numbers = (place: Place, length: number) => new Float32Array(buffer, place.value, length);
    const columns = kernel.rowBytes.value / 4;
    return {
      records: numbers(kernel.records, this.#shapes * STRIDE),
      scene: numbers(kernel.scene, 20),
      starts: new Int32Array(buffer, kernel.starts.value, STARTS),
      items: new Int16Array(buffer, kernel.items.value, items),
      raysX: numbers(kernel.raysX, columns),
      raysY: numbers(kernel.raysY, height),
      fineX: numbers(kernel.fineX, 2 * columns),
      fineY: numbers(kernel.fineY, 2 * height),
      picture: new Uint8Array(buffer, kernel.picture.value, 3 * width * height),
    };
  }
}
