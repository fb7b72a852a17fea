import { randomBytes } from 'node:crypto';
import { asFailure } from '../failures.ts';
import { type Check, failed, pass, skipped } from '../checks/check.ts';
import type { HostSession } from '../ssh/session.ts';
import { probe } from '../storage/probe.ts';

export interface NetworkEnd {
  readonly session: HostSession;
  readonly addresses: readonly string[];
}

/** Long enough for a slow start of the listening end, short enough to wait for when a firewall drops all. */
const LIMIT_MS = 6_000;

/** Sends datagrams between all hosts on each link, both ways, on the heartbeats' own port. */
export async function networkChecks(ends: readonly NetworkEnd[], port: number): Promise<Check[]> {
  const checks: Check[] = [];
  const links = Math.min(...ends.map((end) => end.addresses.length));
  for (let link = 0; link < links; link += 1) {
    for (const to of ends) {
      for (const from of ends.filter((end) => end !== to)) {
        checks.push(await oneWay(from, to, link, port));
      }
    }
  }
  return checks;
}

async function oneWay(from: NetworkEnd, to: NetworkEnd, link: number, port: number): Promise<Check> {
  const address = to.addresses[link] ?? '';
  const base = {
    id: 'network.udp',
    group: 'network' as const,
    host: from.session.hostName,
    part: `${to.session.hostName}/${link + 1}`,
    title: `Heartbeats reach ${to.session.hostName} on link ${link + 1}`,
  };
  const nonce = randomBytes(16).toString('hex');
  const request = { address, port, nonce, limitMs: LIMIT_MS };
  const listening = probe(to.session, 'listen', request).catch((fault: unknown) => asFailure(fault));
  const sent = await probe(from.session, 'send', request).catch((fault: unknown) => asFailure(fault));
  const heard = await listening;
  if ('code' in heard && /EADDRINUSE/.test(heard.message)) {
    return skipped(base, `port ${port} is in use there, probably by the agent: see its links`);
  }
  if ('ok' in sent && sent.heard) return pass(base, `${address} port ${port}, ${sent.roundTripMs ?? '?'} ms`);
  const why = 'code' in heard ? heard.message : 'code' in sent ? sent.message : 'no answer';
  return failed(
    base,
    why,
    {
      code: 'network.no-udp',
      message: `Datagrams from ${from.session.hostName} to ${to.session.hostName} (${address} port ${port}) are not answered.`,
      meaning:
        'Without heartbeats the hosts still decide by the store alone, but more slowly and with less to tell.',
      fix: `Open UDP port ${port} in the firewalls of both hosts: firewall-cmd --add-port=${port}/udp --permanent, or ufw allow ${port}/udp.`,
    },
    true,
  );
}
