import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { pathsFromArguments } from '../paths.ts';

/** How often it looks whether the time is up. */
const LOOK_EVERY_MS = 50;

export interface StandIn {
  /** Fires if the time is up; called by a timer, too. */
  look(): void;
  /** Stops looking and listening, for tests. */
  close(): void;
}

/**
 * A stand-in for a watchdog device, for hosts of the demo group only; a real host never starts it. It keeps the
 * rules of the kernel's interface on a unix socket: one opener at a time, the first byte arms it, every byte pets,
 * a close after `V` disarms, a close without leaves it running. Its first line on each opening sets the timeout in
 * ms. When the time is up it calls `fire` once.
 */
export async function serveStandIn(
  socketPath: string,
  fire: () => void,
  monotonicMs: () => number = () => performance.now(),
): Promise<StandIn> {
  let petAtMs: number | null = null;
  let timeoutMs = 0;
  let opener: Socket | null = null;
  const server = createServer((socket) => {
    if (opener !== null) {
      socket.destroy();
      return;
    }
    opener = socket;
    let released = false;
    socket.on('data', (bytes) => {
      const text = bytes.toString();
      const given = /^T(\d{1,7})\n/.exec(text);
      if (given !== null) timeoutMs = Number(given[1]);
      petAtMs = monotonicMs();
      released = text.endsWith('V');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      opener = null;
      if (released) petAtMs = null;
    });
  });
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  const look = (): void => {
    if (petAtMs === null || timeoutMs === 0 || monotonicMs() - petAtMs < timeoutMs) return;
    petAtMs = null;
    fire();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    look,
    close: () => {
      clearInterval(timer);
      opener?.destroy();
      server.close();
    },
  };
}

/** Role `demo-watchdog`: on expiry it leaves a note and kills every process of its demo host, itself included. */
export async function demoWatchdogMain(argv: readonly string[]): Promise<number> {
  const paths = pathsFromArguments(argv);
  if (paths.root === null)
    throw new Error('the stand-in for a watchdog is for demo hosts only: it needs --root');
  await serveStandIn(paths.demoWatchdogSocket, () => {
    writeFileSync(paths.demoWatchdogFired, 'the pets stopped\n');
    // A demo host is one process group: this is its power switch.
    process.kill(0, 'SIGKILL');
  });
  return await new Promise<number>(() => undefined);
}
