import { serveWorker } from "./engines/worker.ts";
import { openCodecs } from "./formats/video/codecs.ts";
import { builtIns } from "./plugins.ts";

// What runs in every worker thread: the engine is handed the plug-ins and codecs that it does not know.
serveWorker({ registry: builtIns, openCodecs: () => openCodecs() });
