import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6, SocketAddress } from 'node:net';
import type { GroupHost } from '../protocol/group.ts';

/** How often an address that is not there (yet) is tried again. */
const REBIND_EVERY_MS = 1_000;
/** Datagrams opened per beat from addresses of the group: room for 7 hosts with answers, far below a flood. */
const KNOWN_PER_BEAT = 128;
/** The same from anywhere else: a host whose address has changed still gets through when nobody floods. */
const UNKNOWN_PER_BEAT = 16;
/** Kernel buffer: a few hundred datagrams. What a flood adds is dropped there, before it costs anything here. */
const RECEIVE_BUFFER_BYTES = 262_144;

export type LinkAddress = GroupHost['links'][number];

export interface LinkSocket {
  readonly address: LinkAddress;
  /** Null while bound; otherwise why this host can't use the link now. */
  problem(): string | null;
  send(datagram: Uint8Array, to: LinkAddress): void;
  /** A new beat: the budget of datagrams is whole again. */
  beat(): void;
  close(): void;
}

interface LinkSocketOptions {
  readonly address: LinkAddress;
  /** Whether a source belongs to the group; a hint for the budget, never a right. */
  readonly isKnown: (source: string) => boolean;
  readonly onDatagram: (datagram: Buffer) => void;
  readonly onFlood: (datagram: Buffer) => void;
}

/** One spelling for each address, so that addresses can be compared. */
export function sourceName(address: string, port: number): string {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return `${new SocketAddress({ address, family }).address} ${port}`;
}

/**
 * A UDP socket on one of this host's addresses. It binds again when the address appears later or the socket breaks,
 * and opens only so many datagrams a beat: nothing that anyone sends makes this host do unbounded work.
 */
export function openLinkSocket({ address, isKnown, onDatagram, onFlood }: LinkSocketOptions): LinkSocket {
  let socket: Socket | null = null;
  let problem: string | null = 'not bound yet';
  let retry: NodeJS.Timeout | null = null;
  let closed = false;
  let known = 0;
  let unknown = 0;
  let closeSocket = (): void => undefined;

  const receive = (datagram: Buffer, source: RemoteInfo): void => {
    const within = isKnown(`${source.address} ${source.port}`)
      ? (known += 1) <= KNOWN_PER_BEAT
      : (unknown += 1) <= UNKNOWN_PER_BEAT;
    if (within) onDatagram(datagram);
    else onFlood(datagram);
  };
  const bind = (): void => {
    retry = null;
    const fresh = createSocket({
      type: isIPv6(address.address) ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    let over = false;
    fresh.on('message', receive);
    fresh.on('error', (error: NodeJS.ErrnoException) => {
      if (over) return;
      over = true;
      problem = error.code ?? error.message;
      socket = null;
      fresh.close();
      if (!closed) retry = setTimeout(bind, REBIND_EVERY_MS);
    });
    fresh.bind({ address: address.address, port: address.port, exclusive: true }, () => {
      if (closed || over) return;
      socket = fresh;
      problem = null;
    });
    closeSocket = () => {
      over = true;
      fresh.close();
    };
  };
  bind();
  return {
    address,
    problem: () => problem,
    send(datagram, to) {
      // A send that fails (no route, cable out) is what the other side's silence already says.
      socket?.send(datagram, to.port, to.address, () => undefined);
    },
    beat() {
      known = 0;
      unknown = 0;
    },
    close() {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      else closeSocket();
    },
  };
}
