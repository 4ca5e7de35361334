import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium as browsers, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { report } from "../../src/commands/report.ts";
import { removeClips } from "../support/lerobotDataset.ts";
import { type Fixture, FPS, HOSTILE, NOT_FINITE, ROWS, reportFixture, STUCK, shadeOf } from "../support/reportDataset.ts";
import { chromium } from "./chromium.ts";
import { compareScreen } from "./screens.ts";

if (chromium === undefined) console.warn("skipped: the report in a browser (install chromium, or set TENDON_CHROMIUM)");

let browser: Browser;
let fixture: Fixture;
let address = "";
/** What a page said or asked for that it should not have. */
let complaints: string[] = [];

describe.skipIf(chromium === undefined)("the report in a browser", () => {
  beforeAll(async () => {
    fixture = await reportFixture();
    const { path } = await report(fixture.home, { out: join(fixture.folder, "report.html") });
    address = pathToFileURL(path).href;
    browser = await browsers.launch({ executablePath: chromium!, args: ["--no-sandbox"] });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await fixture?.[Symbol.asyncDispose]();
    await removeClips();
  });

  test("opens from its file with no word on the console and no request", async () => {
    await using page = await open();
    for (const tab of ["2", "3", "4", "1"]) await page.keyboard.press(tab);
    await page.waitForTimeout(200);
    expect(complaints).toEqual([]);
    expect(await page.locator("h1").textContent()).toBe("cups");
    expect(await page.locator("#episodes [role=option]").count()).toBe(6);
  });

  test("shows text of the recording as text", async () => {
    await using page = await open();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.getByText(HOSTILE).first().isVisible()).toBe(true);
    await page.keyboard.press("3");
    expect(await page.getByRole("button", { name: `${HOSTILE}: 3 episodes` }).count()).toBe(1);
    expect(await page.locator("img, #page-distributions b").count()).toBe(0);
  });

  test("forbids itself every connection", async () => {
    await using page = await open();
    const refused = await page.evaluate(() =>
      fetch("data:,x").then(
        () => "allowed",
        () => "refused",
      ),
    );
    expect(refused).toBe("refused");
  });

  describe("by keyboard", () => {
    test("/ filters the list, Esc takes the filter away, and arrows walk through what is left", async () => {
      await using page = await open();
      await show(page, "episode_000000");
      await page.keyboard.press("/");
      await page.keyboard.type("tray stuck nothing");
      expect(await listed(page)).toEqual([]);
      await page.locator("#search").fill("cup on the");
      expect(await listed(page)).toEqual(["episode_000003", "episode_000005", "episode_000001"]);
      await page.keyboard.press("ArrowDown");
      expect(await title(page)).toContain("episode_000003");
      await page.keyboard.press("Escape");
      await page.keyboard.press("ArrowDown");
      expect(await title(page)).toContain("episode_000005");
      await page.keyboard.press("Escape");
      expect((await listed(page)).length).toBe(6);
    });

    test("arrows step by rows, and Home and End go to the ends", async () => {
      await using page = await open();
      await show(page, "episode_000002");
      for (let step = 0; step < 7; step++) await page.keyboard.press("ArrowRight");
      expect(await time(page)).toBeCloseTo(7 / FPS, 2);
      expect(await page.locator(".time").textContent()).toContain(`row 7 of ${ROWS}`);
      await page.keyboard.press("Shift+ArrowRight");
      expect(await time(page)).toBeCloseTo(7 / FPS + 1, 2);
      await page.keyboard.press("End");
      expect(await time(page)).toBeCloseTo((ROWS - 1) / FPS, 2);
      await page.keyboard.press("Home");
      expect(await time(page)).toBe(0);
    });

    test("space plays and pauses", async () => {
      await using page = await open();
      await show(page, "episode_000000");
      await page.keyboard.press(" ");
      await page.waitForFunction(() => Number(document.querySelector("#timeline")?.getAttribute("aria-valuenow")) > 0.5);
      await page.keyboard.press(" ");
      const stopped = await time(page);
      await page.waitForTimeout(150);
      expect(await time(page)).toBe(stopped);
    });

    test("n and p take everything to a finding: episode, time and stream", async () => {
      await using page = await open();
      await show(page, "episode_000000");
      await page.keyboard.press("n");
      expect(await title(page)).toContain("episode_000003");
      expect(await time(page)).toBeCloseTo(STUCK.startSec, 1);
      expect(await page.locator(".band.current").count()).toBe(1);
      expect(await page.locator('.card[aria-current="true"]').textContent()).toContain("gripper");
      await page.keyboard.press("n");
      expect(await title(page)).toContain("episode_000001");
      expect(await time(page)).toBeCloseTo(NOT_FINITE.startRow / FPS, 2);
      await page.keyboard.press("p");
      expect(await title(page)).toContain("episode_000003");
    });

    test("? tells the keys and Esc closes them", async () => {
      await using page = await open();
      await page.keyboard.press("?");
      expect(await page.locator("#help").isVisible()).toBe(true);
      await page.keyboard.press("Escape");
      expect(await page.locator("#help").isVisible()).toBe(false);
    });
  });

  describe("by mouse", () => {
    test("a press on a plot moves the one cursor: of every plot, the time line and the camera", async () => {
      await using page = await open();
      await show(page, "episode_000002");
      const plot = (await page.locator(".u-over").first().boundingBox())!;
      await page.mouse.click(plot.x + plot.width / 2, plot.y + plot.height / 2);
      const at = await time(page);
      expect(at).toBeCloseTo((ROWS - 1) / FPS / 2, 1);
      const cursors = await page
        .locator(".u-over .cursor")
        .evaluateAll((all) => all.map((each) => (each as HTMLElement).style.transform));
      expect(new Set(cursors).size).toBe(1);
      await cameraShows(page, Math.floor(at * FPS + 1e-6));
      await page.keyboard.press("ArrowRight");
      await cameraShows(page, Math.round((await time(page)) * FPS));
    });

    test("dragging on the time line scrubs", async () => {
      await using page = await open();
      await show(page, "episode_000002");
      const line = (await page.locator("#timeline").boundingBox())!;
      await page.mouse.move(line.x + 5, line.y + 15);
      await page.mouse.down();
      await page.mouse.move(line.x + line.width * 0.75, line.y + 15, { steps: 8 });
      await page.mouse.up();
      expect(await time(page)).toBeCloseTo(0.75 * ((ROWS - 1) / FPS), 1);
      await cameraShows(page, Math.floor((await time(page)) * FPS + 1e-6));
    });

    test("a finding in the table leads to its episode, and what was dropped says why", async () => {
      await using page = await open();
      await page.getByRole("tab", { name: /Findings/ }).click();
      await page
        .getByRole("row", { name: /NaNs in elbow, first in row/ })
        .last()
        .click();
      expect(await title(page)).toContain("episode_000001");
      expect(await time(page)).toBeCloseTo(NOT_FINITE.startRow / FPS, 2);
      expect(await page.locator(".verdict").textContent()).toMatch(/Not in the dataset.*5 NaNs in elbow.*gate/);
      expect(await page.locator(".plot").count()).toBeGreaterThan(0);
    });

    test("a bar of a distribution narrows the list, and its token takes it away", async () => {
      await using page = await open();
      await page.getByRole("tab", { name: "Distributions" }).click();
      await page.getByRole("button", { name: /^put the cup on the tray: 2 episodes/ }).click();
      expect(await listed(page)).toEqual(["episode_000003", "episode_000005", "episode_000001"]);
      await page.getByRole("button", { name: /^Stop filtering by put the cup/ }).click();
      expect((await listed(page)).length).toBe(6);
    });

    test("a name in a plot hides its line", async () => {
      await using page = await open();
      const key = page.locator(".key").first();
      await key.click();
      expect(await key.getAttribute("aria-pressed")).toBe("false");
    });
  });

  test("the lineage names every step with its version, and the source with its place", async () => {
    await using page = await open();
    await page.keyboard.press("4");
    const text = await page.locator("#page-lineage").textContent();
    for (const name of ["gaps", "stuck", "gate", "split", "lerobot", fixture.source]) expect(text).toContain(name);
    expect(await page.locator("#page-lineage .step small", { hasText: "version 1" }).count()).toBeGreaterThan(5);
  });

  test("every control has a name, and the list says which of its options is chosen", async () => {
    await using page = await open();
    for (const tab of ["1", "2", "3", "4"]) {
      await page.keyboard.press(tab);
      const nameless = await page
        .locator("button:visible, input:visible, select:visible")
        .evaluateAll((all) =>
          all.filter((each) => !(each.getAttribute("aria-label") ?? each.textContent ?? "").trim()).map((each) => each.outerHTML),
        );
      expect(nameless).toEqual([]);
    }
    await page.keyboard.press("1");
    const chosen = await page.locator("#episodes").getAttribute("aria-activedescendant");
    expect(await page.locator(`#${chosen}`).getAttribute("aria-selected")).toBe("true");
  });

  // What is compared is a small grey copy, so that another font or anti-aliasing does not matter, but a
  // panel that is missing, moved or of the other colours does. The layout itself is asserted in pixels.
  test.each([
    ["wide-dark", 1440, 900, "dark"],
    ["wide-light", 1440, 900, "light"],
    ["narrow-dark", 390, 844, "dark"],
    ["narrow-light", 390, 844, "light"],
  ] as const)("looks as it did: %s", async (name, width, height, scheme) => {
    await using page = await open({ width, height }, scheme);
    await page.keyboard.press("n");
    await cameraShows(page, STUCK.startSec * FPS);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const boxes = await page.evaluate(() =>
      [".list", ".stage", ".side"].map((one) => document.querySelector(one)!.getBoundingClientRect().toJSON() as DOMRect),
    );
    const [list, stage, side] = boxes as [DOMRect, DOMRect, DOMRect];
    if (width > 1180) expect(list.right <= stage.left && stage.right <= side.left && stage.width > 600).toBe(true);
    else expect(list.right <= 0 && stage.width > width * 0.95 && side.top >= stage.bottom - 1).toBe(true);
    await compareScreen(page, name);
  });

  test("an address with a finding leads to it", async () => {
    await using page = await open();
    await page.goto("about:blank");
    await page.goto(`${address}#finding=1`);
    expect(await title(page)).toContain("episode_000003");
    expect(await page.locator(".band.current").count()).toBe(1);
  });

  test("on a phone the list comes in from the side, and goes when an episode is chosen", async () => {
    await using page = await open({ width: 390, height: 844 });
    await page.locator("#open-list").click();
    await page.getByRole("option", { name: /episode_000004/ }).click();
    expect(await title(page)).toContain("episode_000004");
    await page.waitForFunction(() => document.querySelector(".list")!.getBoundingClientRect().right <= 0);
  });
});

async function open(viewport = { width: 1440, height: 900 }, colorScheme: "dark" | "light" = "dark"): Promise<Page> {
  complaints = [];
  const page = await browser.newPage({ viewport, colorScheme });
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== address && !/^(blob|data):/.test(request.url())) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return page;
}

async function show(page: Page, episode: string): Promise<void> {
  await page.getByRole("option", { name: new RegExp(episode) }).click();
}

function title(page: Page): Promise<string | null> {
  return page.locator(".episode-title").textContent();
}

function listed(page: Page): Promise<string[]> {
  return page.locator("#episodes .name").allTextContents();
}

async function time(page: Page): Promise<number> {
  return Number(await page.locator("#timeline").getAttribute("aria-valuenow"));
}

/** Waits until the camera shows the frame that was recorded so many frames after the first. */
async function cameraShows(page: Page, frame: number): Promise<void> {
  const level = shadeOf(frame);
  const green = Math.max(0, Math.min(255, 1.164 * (level - 16) - (0.813 + 0.391) * (level - 128)));
  const blue = Math.max(0, Math.min(255, 1.164 * (level - 16) + 2.018 * (level - 128)));
  await page.waitForFunction(
    ([wantedGreen, wantedBlue]) => {
      const video = document.querySelector("video");
      if (!video || video.readyState < 2 || video.seeking) return false;
      const canvas = new OffscreenCanvas(8, 8);
      const context = canvas.getContext("2d")!;
      context.drawImage(video, 0, 0, 8, 8);
      const [, g, b] = context.getImageData(4, 4, 1, 1).data;
      return Math.abs(g! - wantedGreen!) < 4 && Math.abs(b! - wantedBlue!) < 6;
    },
    [green, blue],
    { timeout: 5000 },
  );
}
