import { lookup } from 'node:dns/promises';
import { BlockList } from 'node:net';
import { FailureError } from '../protocol/failure.ts';

export interface CheckedAddress {
  readonly address: string;
  readonly family: number;
}

/** Addresses that are nobody's on the internet: the own network, this host, and what is not to be spoken to at all. */
const own = new BlockList();
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  own.addSubnet(net, prefix);
own.addAddress('::1', 'ipv6');
own.addSubnet('fc00::', 7, 'ipv6');

/** Link-local, where clouds keep their credentials, this network, multicast, and translations that hide an address. */
const never = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  never.addSubnet(net, prefix);
for (const [net, prefix] of [
  ['64:ff9b::', 96],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  never.addSubnet(net, prefix, 'ipv6');
never.addAddress('::', 'ipv6');

export type Reach = 'public' | 'own' | 'never';

export function reachOf({ address, family }: CheckedAddress): Reach {
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (never.check(address, type)) return 'never';
  return own.check(address, type) ? 'own' : 'public';
}

/** All addresses of a name. */
export type LookUp = (name: string) => Promise<readonly CheckedAddress[]>;
export const lookUp: LookUp = (name) => lookup(name, { all: true });

/**
 * Looks a name up once and checks all its addresses. Whoever connects uses these, so that a name server that answers
 * something else a moment later changes nothing.
 *
 * @param called - what people are told instead of the name, which may be secret.
 */
export async function checkedAddresses(
  target: URL,
  allowPrivate: boolean,
  called: string,
  look: LookUp = lookUp,
): Promise<readonly [CheckedAddress, ...CheckedAddress[]]> {
  const name = target.hostname.replace(/^\[|\]$/g, '');
  const found = await look(name);
  const [first, ...more] = found;
  if (first === undefined) throw new Error('the name has no address');
  for (const one of found) {
    const reach = reachOf(one);
    if (reach === 'never' || (reach === 'own' && !allowPrivate)) throw refused(called, reach);
    if (target.protocol === 'http:' && reach !== 'own') throw inTheClear(called);
  }
  return [first, ...more];
}

function refused(called: string, reach: Reach): FailureError {
  return new FailureError({
    code: 'notify.private-address',
    message: `${called} is ${reach === 'own' ? 'at an address of the own network' : 'where no webhook is spoken to'}.`,
    meaning: 'Nothing was sent there: an address from outside must not reach into the network.',
    fix:
      reach === 'own'
        ? 'If the receiver is in the own network, allow private addresses for this webhook.'
        : 'Enter another address.',
  });
}

const inTheClear = (called: string): FailureError =>
  new FailureError({
    code: 'notify.tls',
    message: `${called} would be spoken to without TLS over the internet.`,
    meaning: 'Nothing was sent: anybody on the way could read it.',
    fix: 'Enter an address that begins with https://.',
  });
