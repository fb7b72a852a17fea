import type { Duplex } from 'node:stream';
import type { Copied } from '../hypervisor/driller.ts';
import { FailureError } from '../protocol/failure.ts';
import { Requests } from './requests.ts';

/** The other side gives up before this. */
const COPY_DEADLINE_MS = 11 * 3_600_000;

/** Asks for copies of a VM's disks over a connection of its own; closing it ends the copying on the other side. */
export async function askForCopies(
  socket: Duplex,
  vm: string,
  drill: string,
  signal: AbortSignal,
): Promise<Copied> {
  const requests = new Requests(socket, () => {});
  const close = (): void => requests.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    signal.throwIfAborted();
    const { copied } = await requests.ask({ kind: 'copyDisks', vm, drill }, COPY_DEADLINE_MS);
    if (copied !== undefined) return copied;
    throw new FailureError({
      code: 'drill.copy-failed',
      message: 'The other host did not say what it copied.',
    });
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
