import type { Duplex } from 'node:stream';
import type { HostAccess } from './hostAccess.ts';

/** The stream ends with its connection, and lets go of it when it ends. Throws a FailureError. */
export async function openAgent(access: HostAccess, host: string, ask: boolean): Promise<Duplex> {
  const session = await access.lease(host, ask);
  try {
    const stream = await session.openControl();
    stream.once('close', () => session.close());
    void session.closed.then(() => stream.destroy());
    return stream;
  } catch (fault) {
    session.close();
    throw fault;
  }
}
