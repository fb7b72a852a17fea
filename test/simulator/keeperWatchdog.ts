import type { SimHost } from './keeperHost.ts';

const LOOK_EVERY_MS = 100;
/** The device fires within W, reset delay included. */
const RESET_DELAY_MS = 150;

/** The host's hardware watchdog: goes on whatever the host's processes do. */
export function watchWatchdog(host: SimHost, boot: number): void {
  host.world.queue.after(LOOK_EVERY_MS, () => {
    if (!host.up || host.boot !== boot) {
      return;
    }
    const waitedMs = host.nowMs - (host.lastPetMs ?? host.nowMs);
    if (host.world.watchdogs && !host.watchdogFails && waitedMs > host.watchdogMs - RESET_DELAY_MS) {
      host.reset('watchdog');
      return;
    }
    watchWatchdog(host, boot);
  });
}

/** Another profile wants another timeout; setting it pets, so that it is done only where petting is allowed. */
export function armWatchdog(host: SimHost): void {
  const wantedMs = host.state?.timing.watchdogMs ?? host.watchdogMs;
  if (wantedMs !== host.watchdogMs) {
    host.watchdogMs = wantedMs;
    host.later(1, () => tellWatchdog(host));
  }
}

export function tellWatchdog(host: SimHost): void {
  const state = host.world.watchdogs ? 'armed' : 'none';
  const timeoutMs = host.world.watchdogs ? host.watchdogMs : null;
  host.input({ kind: 'watchdog', nowMs: host.nowMs, state, timeoutMs, why: null });
}
