import { createConnection, type Socket } from 'node:net';
import { DEFAULT_MAXIMUM_IN_FLIGHT } from './callTable.ts';
import { Connection } from './connection.ts';
import { ClosedError } from './errors.ts';
import { DEFAULT_KEEPALIVE, type KeepaliveTiming } from './keepalive.ts';
import { authList, authPolkit, connectOpen, connectSupportsFeature } from './procedures.generated.ts';

/** Finding the socket, authentication and opening the hypervisor, together. */
export const CONNECT_DEADLINE_MS = 10_000;

/** The modular daemon of newer distributions first, then the monolithic one (or the proxy that answers in its name). */
export const SOCKET_PATHS: readonly string[] = ['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'];

/** `VIR_DRV_FEATURE_PROGRAM_KEEPALIVE` of libvirt's driver features. */
const FEATURE_KEEPALIVE = 10;

/** `VIR_CONNECT_RO` */
const OPEN_READ_ONLY = 1;

const AUTH_NONE = 0;
const AUTH_POLKIT = 2;

export interface ConnectOptions {
  /** The daemon's unix socket. Without it, the first of `SOCKET_PATHS` on which a daemon listens. */
  readonly socketPath?: string;
  /** Default `qemu:///system`. */
  readonly uri?: string;
  /** Refuses every change, and uses the sockets that are open to every local user. */
  readonly readOnly?: boolean;
  /** Milliseconds for all of it, from 1. Default `CONNECT_DEADLINE_MS`. */
  readonly deadlineMs?: number;
  /** Default `DEFAULT_KEEPALIVE`; null for none. */
  readonly keepalive?: KeepaliveTiming | null;
  /** Calls handed to the daemon at once, from 1; others wait in a queue. Default `DEFAULT_MAXIMUM_IN_FLIGHT`. */
  readonly maximumInFlight?: number;
}

/**
 * Connects to the libvirt daemon of this machine. Rejects with `ClosedError` when no daemon answers in time, or it asks
 * for credentials, and with `LibvirtError` when it can't open the hypervisor.
 */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const deadlineMs = options.deadlineMs ?? CONNECT_DEADLINE_MS;
  const endsAt = performance.now() + deadlineMs;
  const left = (): number => Math.max(1, endsAt - performance.now());
  const socket = await openSocket(options, left);
  const connection = new Connection(socket, options.maximumInFlight ?? DEFAULT_MAXIMUM_IN_FLIGHT);
  try {
    await authenticate(connection, left);
    const keepalive = options.keepalive === undefined ? DEFAULT_KEEPALIVE : options.keepalive;
    if (keepalive) await agreeOnKeepalive(connection, keepalive, left());
    const flags = options.readOnly === true ? OPEN_READ_ONLY : 0;
    await connection.call(
      connectOpen,
      { name: options.uri ?? 'qemu:///system', flags },
      { deadlineMs: left() },
    );
    return connection;
  } catch (error) {
    connection.destroy('the handshake with libvirt failed');
    throw error;
  }
}

async function openSocket(options: ConnectOptions, left: () => number): Promise<Socket> {
  const suffix = options.readOnly === true ? '-ro' : '';
  const paths =
    options.socketPath === undefined ? SOCKET_PATHS.map((path) => path + suffix) : [options.socketPath];
  const failures: string[] = [];
  for (const path of paths) {
    try {
      return await openPath(path, left());
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new ClosedError(`no libvirt daemon can be reached: ${failures.join('; ')}`, 'not-sent');
}

function openPath(path: string, deadlineMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const timer = setTimeout(
      () => socket.destroy(new Error(`connecting to ${path} took too long`)),
      deadlineMs,
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

async function authenticate(connection: Connection, left: () => number): Promise<void> {
  const { types } = await connection.call(authList, undefined, { deadlineMs: left() });
  if (types.includes(AUTH_NONE)) return;
  if (!types.includes(AUTH_POLKIT)) {
    throw new ClosedError('libvirt asks for a user name and a password on its local socket', 'not-sent');
  }
  await connection.call(authPolkit, undefined, { deadlineMs: left() });
}

/** The daemon must be asked before the first ping, since one that does not know keepalive would hang up. */
async function agreeOnKeepalive(
  connection: Connection,
  timing: KeepaliveTiming,
  deadlineMs: number,
): Promise<void> {
  const { supported } = await connection.call(
    connectSupportsFeature,
    { feature: FEATURE_KEEPALIVE },
    { deadlineMs },
  );
  if (supported === 1) connection.startKeepalive(timing);
}
