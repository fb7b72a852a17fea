import { OLDEST_CONTROL_VERSION } from '../../../agent/protocol/control.ts';
import type { AgentVersion } from '../../ipc/daily/updateViews.ts';
import { listed } from '../../ipc/words.ts';
import type { GroupFacts } from './facts.ts';

/** Major, minor and patch of `1.2.3-hash`; builds of one version differ in the hash only, which has no order. */
const numbers = (version: string): readonly number[] =>
  (/^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1) ?? []).map(Number);

function isNewer(version: string, than: string): boolean {
  const [a, b] = [numbers(version), numbers(than)];
  const at = a.findIndex((number, index) => number !== (b[index] ?? 0));
  return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0);
}

/** The agent of each host, as it says itself, or else as other hosts hear from it. Pure. */
export function agentVersions(facts: GroupFacts, carried: string): readonly AgentVersion[] {
  return facts.view.hosts.map(({ name }) => {
    const own = facts.statuses.get(name);
    const heard = [...facts.statuses.values()]
      .flatMap(({ hosts }) => hosts.find((host) => host.name === name)?.agentVersion ?? [])
      .at(0);
    const version = own?.agentVersion ?? heard ?? null;
    const state =
      version === null
        ? 'not-known'
        : version === carried
          ? 'current'
          : isNewer(version, carried)
            ? 'newer'
            : 'older';
    return { host: name, version, controlVersion: own?.controlVersion ?? null, state };
  });
}

/** What it means that hosts, or hosts and app, are of different versions; null: they are of one. Pure. */
export function skewOf(agents: readonly AgentVersion[]): string | null {
  const old = agents.filter(
    ({ controlVersion }) => controlVersion !== null && controlVersion < OLDEST_CONTROL_VERSION,
  );
  if (old.length > 0) {
    return `${listed(old.map(({ host }) => host))} is too old for this app: some of what it shows may be missing. Update its agent.`;
  }
  const versions = new Set(agents.flatMap(({ version }) => version ?? []));
  const newer = agents.filter(({ state }) => state === 'newer');
  if (newer.length > 0) {
    return `${listed(newer.map(({ host }) => host))} ${newer.length === 1 ? 'is' : 'are'} newer than this app. Update the app to see and use all of it.`;
  }
  if (versions.size > 1) {
    const each = agents.flatMap(({ host, version }) => (version === null ? [] : [`${host} has ${version}`]));
    return `The hosts have different versions (${listed(each)}). They protect each other, but bring them to one version soon.`;
  }
  return null;
}
