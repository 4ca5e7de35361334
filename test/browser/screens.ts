import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const SCREENS = fileURLToPath(new URL("./screens/", import.meta.url));
/** Of the longer side, in cells. */
const CELLS = 72;
/** Grey levels of 255, on average over all cells. */
const DIFFERENCE_MAX = 7;
/** Cells that may be plainly different, and by how much they are. */
const FAR_CELLS_SHARE = 0.04;
const FAR = 40;

/** Compares the page with the small copy of it in `screens/`; `TENDON_SCREENS=write` writes it anew, to be looked at and committed. */
export async function compareScreen(page: Page, name: string): Promise<void> {
  const shot = await page.screenshot({ animations: "disabled" });
  const small = await shrink(page, shot);
  const path = join(SCREENS, `${name}.png`);
  if (process.env.TENDON_SCREENS === "write" || !existsSync(path)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(small.png, "base64"));
    if (process.env.CI) expect.fail(`${path} was not there; look at it and commit it`);
    return;
  }
  const stored = await shrink(page, await readFile(path));
  expect([small.width, small.height]).toEqual([stored.width, stored.height]);
  const differences = small.grey.map((level, cell) => Math.abs(level - stored.grey[cell]!));
  const mean = differences.reduce((sum, each) => sum + each, 0) / differences.length;
  const far = differences.filter((each) => each > FAR).length / differences.length;
  expect(mean, `${name}: grey levels of difference`).toBeLessThan(DIFFERENCE_MAX);
  expect(far, `${name}: share of cells that are plainly different`).toBeLessThan(FAR_CELLS_SHARE);
}

interface Small {
  readonly width: number;
  readonly height: number;
  readonly grey: readonly number[];
  readonly png: string;
}

/** The browser itself shrinks pictures, on a blank page whose policy allows it. */
async function shrink(of: Page, picture: Buffer): Promise<Small> {
  const page = await of.context().browser()!.newPage();
  try {
    return await page.evaluate(
      async ({ base64, cells }) => {
        const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const scale = Math.min(1, cells / Math.max(image.width, image.height));
        const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
        const small = await createImageBitmap(image, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext("2d")!;
        context.drawImage(small, 0, 0);
        const { data } = context.getImageData(0, 0, width, height);
        const grey = Array.from({ length: width * height }, (_, cell) =>
          Math.round((data[4 * cell]! + data[4 * cell + 1]! + data[4 * cell + 2]!) / 3),
        );
        const png = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
        return { width, height, grey, png: btoa(String.fromCharCode(...png)) };
      },
      { base64: picture.toString("base64"), cells: CELLS },
    );
  } finally {
    await page.close();
  }
}
