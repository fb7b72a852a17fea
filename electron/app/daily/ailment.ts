import type { GroupFacts } from './facts.ts';

/** What keeps a host from being well at a version: its own word, and that of the others. Pure. */
export function ailment(
  { statuses }: Pick<GroupFacts, 'statuses'>,
  host: string,
  version: string,
): string | null {
  const own = statuses.get(host);
  if (own === undefined) return `${host} does not answer.`;
  if (own.agentVersion !== version) return `${host} runs ${own.agentVersion}, not ${version}.`;
  if (!own.self.keeperConnected) return `The keeper of ${host} does not answer its agent.`;
  if (own.self.phase !== 'alive') return `The keeper of ${host} is ${own.self.phase ?? 'not known'}.`;
  if (!own.store.reachable) return `${host} does not reach the store.`;
  if (!own.self.hypervisor.connected) return `${host} does not reach its hypervisor.`;
  for (const [name, { hosts }] of statuses) {
    const seen = name === host ? undefined : hosts.find((each) => each.name === host);
    if (seen === undefined) continue;
    if (seen.state !== 'alive') return `${name} does not see ${host} alive.`;
    // Said by its heartbeats. Without any link there are none, and an update need not wait for the network.
    const heard = seen.agentVersion;
    if (heard !== null && heard !== version)
      return `${name} hears no heartbeat of version ${version} from ${host}.`;
  }
  return null;
}
