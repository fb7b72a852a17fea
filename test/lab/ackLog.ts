import { createSocket } from 'node:dgram';
import { labAddress } from './layout.ts';
import { defaultAckPort } from './guestXml.ts';

/** What one boot of one guest acknowledged. Its writes are strictly in order, so an acknowledgement covers all before. */
export interface BootAcks {
  readonly vm: string;
  readonly boot: string;
  readonly host: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Arrival of the first and last acknowledgement, `performance.now()` of this process, milliseconds. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The longest time between two arrivals: a pause of the guest, its store or its network. */
  readonly longestGapMs: number;
}

export interface AckLog {
  readonly port: number;
  /** What has arrived so far, in the order of the first arrival. Take it before reading the disk, never after. */
  boots(vm?: string): readonly BootAcks[];
  close(): void;
}

/** A test starts a handful of guests a few times; more boots than this mean a guest in a boot loop, and are dropped. */
const maxBoots = 1_000;

const datagram = /^LAB1 vm=(\S+) boot=(\S+) host=(\S+) seq=(\d+)$/;

function addAck(
  known: BootAcks | undefined,
  ack: Pick<BootAcks, 'vm' | 'boot' | 'host'>,
  seq: number,
  atMs: number,
): BootAcks {
  if (known === undefined) {
    return { ...ack, firstSeq: seq, lastSeq: seq, firstAtMs: atMs, lastAtMs: atMs, longestGapMs: 0 };
  }
  return {
    ...known,
    firstSeq: Math.min(known.firstSeq, seq),
    lastSeq: Math.max(known.lastSeq, seq),
    lastAtMs: atMs,
    longestGapMs: Math.max(known.longestGapMs, atMs - known.lastAtMs),
  };
}

/** Collects acknowledgements on this machine's address on the LAN from now on; port 0 is one that the system chooses. */
export async function openAckLog(port = defaultAckPort, address = labAddress): Promise<AckLog> {
  const boots = new Map<string, BootAcks>();
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    const [, vm, boot, host, seq] = datagram.exec(message.toString('latin1')) ?? [];
    if (vm === undefined || boot === undefined || host === undefined) return;
    if (!boots.has(boot) && boots.size >= maxBoots) return;
    boots.set(boot, addAck(boots.get(boot), { vm, boot, host }, Number(seq), performance.now()));
  });
  const bound = Promise.withResolvers<void>();
  socket.once('error', bound.reject);
  socket.bind(port, address, bound.resolve);
  await bound.promise;
  return {
    port: socket.address().port,
    boots: (vm) => [...boots.values()].filter((entry) => vm === undefined || entry.vm === vm),
    close: () => socket.close(),
  };
}
