/** Notices when nothing has happened for too long. */
export interface StallWatch {
  readonly stalled: boolean;
  touch(): void;
  close(): void;
}

/** Calls `onStall` once, after `limitMs` without a touch. */
export function openStallWatch(limitMs: number, onStall: () => void): StallWatch {
  let stalled = false;
  const fire = () => {
    stalled = true;
    onStall();
  };
  let timer = setTimeout(fire, limitMs);
  return {
    get stalled() {
      return stalled;
    },
    touch() {
      if (stalled) return;
      clearTimeout(timer);
      timer = setTimeout(fire, limitMs);
    },
    close: () => clearTimeout(timer),
  };
}
