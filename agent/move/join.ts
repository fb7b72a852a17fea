import { type Duplex, pipeline } from 'node:stream';

/** Two pipelines listen on each end, and Node warns at eleven listeners. */
const LISTENERS = 32;

/** Bytes both ways between two connections; the end of one is the end of both. */
export function join(one: Duplex, other: Duplex): void {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  one.setMaxListeners(LISTENERS);
  other.setMaxListeners(LISTENERS);
  pipeline(one, other, end);
  pipeline(other, one, end);
}
