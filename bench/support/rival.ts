import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A rival that waits in its own process, warm, and measures itself each time that it is asked. */
export interface Rival extends AsyncDisposable {
  seconds(): Promise<number>;
}

/** Starts a program that answers each line on its input with the seconds of one run. What it says besides is shown only if it fails. */
export function startRival(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Rival {
  const child = spawn(command, args, { stdio: "pipe", env: { ...process.env, ...env } });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-4000);
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async seconds() {
      child.stdin.write("run\n");
      const answer = await answers.next();
      if (answer.done) throw new Error(`${command} ended:\n${said}`);
      return Number(answer.value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
