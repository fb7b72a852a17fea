import { type Check, skipped } from './check.ts';
import { runChecks, type WatchdogChoices } from './checks.ts';
import { gatherFacts, type HostFacts } from '../facts/facts.ts';
import { networkChecks } from '../group/network.ts';
import { defaultAddresses } from '../group/plan.ts';
import type { HostSession } from '../ssh/session.ts';

export interface CheckedHost {
  readonly session: HostSession;
  /** The address that SSH uses: the usual link. */
  readonly sshAddress: string;
}
export interface CheckOptions {
  readonly watchdogs: WatchdogChoices;
  /** Link addresses by host name; a missing host gets the address that SSH uses. */
  readonly links: ReadonlyMap<string, readonly string[]>;
  /** UDP port of the heartbeats. */
  readonly port: number;
}
export interface Checked {
  readonly facts: readonly HostFacts[];
  readonly checks: readonly Check[];
}

/** Reads all hosts and makes the whole report; changes nothing. Throws a FailureError when a host can't be read. */
export async function checkHosts(hosts: readonly CheckedHost[], options: CheckOptions): Promise<Checked> {
  const facts = await Promise.all(hosts.map(({ session }) => gatherFacts(session)));
  return {
    facts,
    checks: [...runChecks(facts, options.watchdogs), ...(await networkLines(hosts, facts, options))],
  };
}

/** Datagrams are sent by the agent's own program: before the installation there is nobody to send them. */
export async function networkLines(
  hosts: readonly CheckedHost[],
  facts: readonly HostFacts[],
  { links, port }: Pick<CheckOptions, 'links' | 'port'>,
): Promise<readonly Check[]> {
  if (hosts.length < 2) return [];
  if (facts.some((each) => each.installedVersion === null)) {
    const title = 'Heartbeats reach the other hosts';
    const base = { id: 'network.udp', group: 'network' as const, host: null, title };
    return [skipped(base, 'looked at once the agent is installed on all of them')];
  }
  const ends = hosts.map(({ session, sshAddress }, index) => {
    const own = facts[index];
    const usual = own === undefined ? [] : defaultAddresses(own, sshAddress);
    return { session, addresses: links.get(session.hostName) ?? usual };
  });
  return networkChecks(ends, port);
}
