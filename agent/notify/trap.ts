import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import * as snmp from 'net-snmp';
import type { Message } from '../core/notify/types.ts';
import { FailureError } from '../protocol/failure.ts';
import type { NotifySettings } from '../protocol/notify.ts';
import { subjectOf } from './messageText.ts';

export type Trap = NonNullable<NotifySettings['trap']>;

/**
 * Below NET-SNMP's playpen, which is for what has no number of its own: the project has none. `.0.1` is the trap, `.1.N`
 * its texts (docs/alerts.md).
 */
const BASE = '1.3.6.1.4.1.8072.9999.9999.8501';
/** The prefix that the library gives engines without a number of their own, and room for 12 bytes. */
const ENGINE_PREFIX = '8000b98380';
const ENGINE_HEX = 24;
const TEXT_BYTES = 255;

/** An engine id that a receiver can be told in advance: the same for a host of a group for ever. */
export function engineIdOf(groupId: string, slot: number): string {
  const hash = createHash('sha256').update(`understudy ${groupId} ${slot}`).digest('hex');
  return `${ENGINE_PREFIX}${hash.slice(0, ENGINE_HEX)}`;
}

/** Sends a trap. UDP: that it has left this host is all that can be known. */
export async function sendTrap(
  trap: Trap,
  message: Message,
  engineId: string,
  signal: AbortSignal,
): Promise<void> {
  const session = open(trap, engineId);
  const stop = (): void => void session.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      session.on('error', reject);
      session.trap(`${BASE}.0.1`, varbinds(message), (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    signal.removeEventListener('abort', stop);
    session.close();
  }
}

function open(trap: Trap, engineID: string): snmp.Session {
  const { server, port, version, community } = trap;
  const transport = isIPv6(server) ? ('udp6' as const) : ('udp4' as const);
  if (version === '2c') {
    if (community === null) throw incomplete('The community is not set.', 'trap.community');
    return snmp.createSession(server, community, { version: snmp.Version2c, trapPort: port, transport });
  }
  return snmp.createV3Session(server, userOf(trap), {
    version: snmp.Version3,
    trapPort: port,
    transport,
    engineID,
  });
}

function userOf({ user, authPassword, privPassword }: Trap): snmp.User {
  if (user === null) throw incomplete('The user is not set.', 'trap.user');
  if (authPassword === null) return { name: user, level: snmp.SecurityLevel.noAuthNoPriv };
  // RFC 3414 asks for at least eight characters.
  if (authPassword.length < 8)
    throw incomplete('The password for signing is too short.', 'trap.authPassword');
  const auth = { name: user, authProtocol: snmp.AuthProtocols.sha256, authKey: authPassword };
  if (privPassword === null) return { ...auth, level: snmp.SecurityLevel.authNoPriv };
  if (privPassword.length < 8) throw incomplete('The password for hiding is too short.', 'trap.privPassword');
  return {
    ...auth,
    level: snmp.SecurityLevel.authPriv,
    privProtocol: snmp.PrivProtocols.aes,
    privKey: privPassword,
  };
}

function varbinds(message: Message): snmp.Varbind[] {
  const { incident, about, level, group, host, what, now, downMs } = message;
  const texts = [incident, about, level, group, host, subjectOf(message), what, now ?? ''];
  return [
    ...texts.map((text, index) => ({
      oid: `${BASE}.1.${index + 1}`,
      type: snmp.ObjectType.OctetString,
      value: Buffer.from(text, 'utf8').subarray(0, TEXT_BYTES),
    })),
    {
      oid: `${BASE}.1.9`,
      type: snmp.ObjectType.Integer,
      value: downMs === null ? -1 : Math.round(downMs / 1000),
    },
  ];
}

const incomplete = (message: string, field: string): FailureError =>
  new FailureError({ code: 'notify.incomplete', message, fix: 'Enter it in the settings.', field });
