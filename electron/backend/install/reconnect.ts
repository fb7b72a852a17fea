import { setTimeout as delay } from 'node:timers/promises';
import { asFailure } from '../failures.ts';
import type { HostSession } from '../ssh/session.ts';

/** Waits before the next attempts after a cut connection; then it is given up and can be started again by hand. */
export const RECONNECT_WAITS_MS: readonly number[] = [500, 2_000, 5_000, 10_000];

const worthTrying = new Set(['ssh.connection-lost', 'ssh.unreachable', 'ssh.timeout']);

/**
 * Does `work` on a session, and again from the start on a new one when the connection was lost meanwhile: only for work
 * that may be repeated. A first connection that fails is not tried again.
 */
export async function withSession<Result>(
  open: () => Promise<HostSession>,
  work: (session: HostSession) => Promise<Result>,
  wait: (ms: number) => Promise<unknown> = delay,
): Promise<Result> {
  let connected = false;
  for (let attempt = 0; ; attempt += 1) {
    let session: HostSession | undefined;
    try {
      session = await open();
      connected = true;
      return await work(session);
    } catch (fault) {
      const waitMs = RECONNECT_WAITS_MS[attempt];
      if (!connected || waitMs === undefined || !worthTrying.has(asFailure(fault).code)) throw fault;
      await wait(waitMs);
    } finally {
      session?.close();
    }
  }
}
