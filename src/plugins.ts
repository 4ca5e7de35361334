import { agree } from "./checks/agree.ts";
import { finite } from "./checks/finite.ts";
import { frozen } from "./checks/frozen.ts";
import { gaps } from "./checks/gaps.ts";
import { stuck } from "./checks/stuck.ts";
import type { AnyPlugin } from "./core/plugin.ts";
import { createRegistry, type Registry } from "./core/registry.ts";
import { dedup } from "./decisions/dedup.ts";
import { gate } from "./decisions/gate.ts";
import { split } from "./decisions/split.ts";
import { gr00t } from "./sinks/gr00t.ts";
import { lerobot as lerobotSink } from "./sinks/lerobot.ts";
import { lerobot as lerobotSource } from "./sources/lerobot.ts";
import { mcap } from "./sources/mcap.ts";
import { simulate } from "./sources/simulate.ts";
import { align } from "./stages/align.ts";
import { assemble } from "./stages/assemble.ts";
import { rename } from "./stages/rename.ts";
import { resize } from "./stages/resize.ts";
import { select } from "./stages/select.ts";
import { trim } from "./stages/trim.ts";

/** Every plug-in that comes with Tendon, in the order in which help lists them. */
const BUILT_IN: readonly AnyPlugin[] = [
  lerobotSource,
  mcap,
  simulate,
  align,
  assemble,
  select,
  rename,
  trim,
  resize,
  frozen,
  gaps,
  agree,
  finite,
  stuck,
  gate,
  dedup,
  split,
  gr00t,
  lerobotSink,
];

/** The built-in plug-ins; those of a pipeline's `use:` modules are added to them. */
export const builtIns: Registry = createRegistry(BUILT_IN);
