import { data, episodeAt, schemaOf, videosOf, videoUrl } from "./data.ts";
import { el, fill } from "./dom.ts";
import { now, on } from "./state.ts";
import { short } from "./text.ts";

/** Further from the clock than this, a playing video is put right. */
const DRIFT_SEC = 0.15;

interface Screen {
  readonly video: HTMLVideoElement;
  readonly url: string;
  readonly start: number;
  readonly frameSec: number;
  /** Where it should be once it has finished seeking. */
  wanted: number | null;
}

/** The cameras of the episode, side by side, at the cursor's time. */
export function cameras(): HTMLElement {
  const box = el("section", { class: "cameras", "aria-label": "Cameras" });
  let screens: Screen[] = [];
  on(["episode"], ({ episode }) => {
    for (const { url, video } of screens) {
      video.removeAttribute("src");
      URL.revokeObjectURL(url);
    }
    screens = openScreens(episode);
    fill(box, ...figures(episode, screens));
    box.classList.toggle("none", screens.length === 0);
    for (const screen of screens) show(screen, now().time);
  });
  on(["time", "playing", "speed"], ({ time, playing, speed }) => {
    for (const screen of screens) {
      if (playing) follow(screen, time, speed);
      else {
        if (!screen.video.paused) screen.video.pause();
        show(screen, time);
      }
    }
  });
  return box;
}

function openScreens(episode: number): Screen[] {
  return videosOf(episodeAt(episode)).flatMap((facts, camera) => {
    const url = videoUrl(episode, camera);
    if (url === undefined) return [];
    const video = el("video", {
      muted: true,
      playsinline: true,
      preload: "auto",
      width: facts.width,
      height: facts.height,
      "aria-label": short(facts.stream),
    });
    video.muted = true;
    const screen: Screen = { video, url, start: facts.start, frameSec: 1 / facts.rateHz, wanted: null };
    video.addEventListener("seeked", () => {
      if (screen.wanted !== null) show(screen, screen.wanted);
    });
    video.addEventListener("loadeddata", () => show(screen, now().time));
    video.src = url;
    return [screen];
  });
}

function figures(episode: number, screens: readonly Screen[]): HTMLElement[] {
  const facts = episodeAt(episode);
  const wanted = schemaOf(facts)?.cameras ?? [];
  if (screens.length === 0) return wanted.length === 0 ? [] : [el("p", { class: "nothing" }, reason(episode))];
  const inRow = screens.length <= 4 ? screens.length : Math.ceil(screens.length / 2);
  return screens.map(({ video }, camera) => {
    const proxy = videosOf(facts)[camera]!;
    const own = wanted.find(({ stream }) => stream === proxy.stream);
    const size = own ? `${own.width}×${own.height} ${own.codec}` : "";
    const figure = el(
      "figure",
      { class: "camera" },
      video,
      el(
        "figcaption",
        { title: `Shown small: ${proxy.width}×${proxy.height} at ${proxy.rateHz.toFixed(0)} pictures a second` },
        el("b", {}, short(proxy.stream)),
        el("span", {}, size),
      ),
    );
    figure.style.setProperty("--aspect", String(proxy.width / proxy.height));
    figure.style.setProperty("--in-row", String(inRow));
    return figure;
  });
}

function reason(episode: number): string {
  const { missing } = episodeAt(episode) ?? {};
  if (missing !== undefined) return `No pictures: ${missing}`;
  const some = data.episodes.some(({ videos }) => videos !== undefined);
  return some ? "This episode's pictures were left out, to keep the page small." : "This page was made without pictures.";
}

/** Half a picture past its start, so that rounding never shows the one before. */
function placeIn({ start, frameSec, video }: Screen, time: number): number {
  const last = Number.isFinite(video.duration) ? Math.max(0, video.duration - frameSec / 2) : Number.POSITIVE_INFINITY;
  return Math.min(last, Math.max(0, Math.floor((time - start) / frameSec + 0.01)) * frameSec + frameSec / 2);
}

/** A video takes one place after another: while it goes to one, the newest wish waits. */
function show(screen: Screen, time: number): void {
  const { video } = screen;
  if (video.seeking || video.readyState === 0) {
    screen.wanted = time;
    return;
  }
  screen.wanted = null;
  const place = placeIn(screen, time);
  if (Math.abs(video.currentTime - place) > 1e-3) video.currentTime = place;
}

function follow(screen: Screen, time: number, speed: number): void {
  const { video } = screen;
  video.playbackRate = speed;
  const place = time - screen.start;
  if (place < 0 || (Number.isFinite(video.duration) && place >= video.duration)) {
    if (!video.paused) video.pause();
    show(screen, time);
    return;
  }
  if (Math.abs(video.currentTime - place) > DRIFT_SEC * Math.max(1, speed) && !video.seeking) video.currentTime = place;
  if (video.paused && video.readyState > 1) video.play().catch(() => undefined);
}
