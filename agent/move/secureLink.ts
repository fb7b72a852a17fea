import { hkdfSync } from 'node:crypto';
import { createServer, type Server, type TLSSocket, connect as connectTls } from 'node:tls';
import { Slot, Uuid } from '../protocol/ids.ts';

/**
 * TLS 1.3 between agents without certificates: both know the group key. Each direction between two hosts has its own
 * key, the exchange is ephemeral (psk_dhe_ke), and whoever does not know the key gets no further than the handshake.
 */

const KEY_BYTES = 32;
const CIPHERS = 'TLS_AES_128_GCM_SHA256';
/** A handshake and a first line take milliseconds. */
export const HANDSHAKE_DEADLINE_MS = 5000;
/** One move has two connections; a host receives few moves at a time. */
const MAX_CONNECTIONS = 32;

export interface LinkKeys {
  readonly groupKey: Uint8Array;
  readonly groupId: string;
  readonly self: number;
}

function keyFor({ groupKey, groupId }: LinkKeys, from: number, to: number): Buffer {
  const info = `understudy move 1 from ${from} to ${to}`;
  return Buffer.from(hkdfSync('sha256', groupKey, groupId, info, KEY_BYTES));
}

/** The slot that a peer has proven to be, by the key that it used. */
function slotIn(identity: string, { groupId, self }: LinkKeys): number | null {
  const [group, from, to, ...rest] = identity.split(' ');
  const slot = Slot.safeParse(Number(from));
  const isOurs = Uuid.safeParse(group).success && group === groupId && to === String(self);
  return isOurs && rest.length === 0 && slot.success && slot.data !== self ? slot.data : null;
}

/** A server that hands out connections together with the slot of the host that made them. */
export function createLinkServer(keys: LinkKeys, onLink: (socket: TLSSocket, from: number) => void): Server {
  const identities = new WeakMap<TLSSocket, number>();
  const server = createServer(
    {
      ciphers: CIPHERS,
      minVersion: 'TLSv1.3',
      handshakeTimeout: HANDSHAKE_DEADLINE_MS,
      pskCallback(socket, identity) {
        const from = slotIn(identity, keys);
        if (from === null) return null;
        identities.set(socket, from);
        return keyFor(keys, from, keys.self);
      },
    },
    (socket) => {
      const from = identities.get(socket);
      // To OpenSSL, a handshake by a key is the resumption of a session.
      if (from === undefined || !socket.isSessionReused()) socket.destroy();
      else onLink(socket, from);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

/** Connects to another host's agent. Rejects at the deadline at the latest. */
export function connectLink(
  keys: LinkKeys,
  to: number,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: address,
      port,
      ciphers: CIPHERS,
      minVersion: 'TLSv1.3',
      // A server may answer an offered key with a certificate instead. Node asks this only then: no certificate is good.
      checkServerIdentity: () => new Error('it did not use the key of the group'),
      pskCallback: () => ({
        psk: keyFor(keys, keys.self, to),
        identity: `${keys.groupId} ${keys.self} ${to}`,
      }),
    });
    const timer = setTimeout(
      () => socket.destroy(new Error('it did not answer in time')),
      HANDSHAKE_DEADLINE_MS,
    );
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      if (!socket.isSessionReused()) {
        socket.destroy(new Error('it did not use the key of the group'));
        return;
      }
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
