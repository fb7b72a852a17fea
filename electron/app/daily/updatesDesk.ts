import { type Failure, FailureError } from '../../../agent/protocol/failure.ts';
import { readBundle } from '../../backend/install/bundle.ts';
import { gatherFacts } from '../../backend/facts/facts.ts';
import { installSteps, rollbackSteps } from '../../backend/install/install.ts';
import { applySteps, type Report } from '../../backend/install/step.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import type { AgentUpdates } from '../../ipc/daily/updateViews.ts';
import type { OpenGroup } from '../openGroup.ts';
import { agentVersions, skewOf } from './agentVersions.ts';
import { ailment } from './ailment.ts';
import { type GroupFacts, hostOf } from './facts.ts';
import { RollOut } from './rollOut.ts';

/** Which group it is about; all that is known of it comes by `factsOf`. */
type Group = Pick<OpenGroup, 'source'>;

export interface UpdatesDeskOptions<Of extends Group> {
  readonly agentFolder: string;
  readonly factsOf: (group: Of) => GroupFacts;
  /** Does something as root on a known host; a person may be asked for secrets. */
  readonly onHost: <Result>(host: string, work: (session: HostSession) => Promise<Result>) => Promise<Result>;
  readonly changed: () => void;
}

/** Versions of agents, and bringing them to the one that this app carries. */
export class UpdatesDesk<Of extends Group> {
  readonly #options: UpdatesDeskOptions<Of>;
  readonly #carried: string;
  readonly #rolls = new Map<string, RollOut>();

  constructor(options: UpdatesDeskOptions<Of>) {
    this.#options = options;
    this.#carried = carriedVersion(options.agentFolder);
  }

  get carried(): string {
    return this.#carried;
  }

  view(group: Of): AgentUpdates {
    const agents = agentVersions(this.#options.factsOf(group), this.#carried);
    const roll = this.#rolls.get(group.source.id);
    return {
      groupId: group.source.id,
      carried: this.#carried,
      agents,
      skew: skewOf(agents),
      refused: this.#refusal(group, agents),
      roll: roll?.view() ?? null,
    };
  }

  /** Begins; how it goes is in the view. Throws a FailureError. */
  rollOut(group: Of): void {
    const facts = this.#options.factsOf(group);
    const agents = agentVersions(facts, this.#carried);
    const refusal = this.#refusal(group, agents);
    if (refusal !== null) throw new FailureError(refusal);
    const load = (host: string): number => facts.view.vms.filter((vm) => hostOf(vm) === host).length;
    const hosts = agents
      .filter(({ state }) => state !== 'current')
      .map(({ host }) => host)
      .toSorted((a, b) => load(a) - load(b) || a.localeCompare(b));
    const roll = new RollOut(hosts, this.#carried, this.#work(group));
    this.#rolls.set(group.source.id, roll);
    void roll.run();
    this.#options.changed();
  }

  stop(group: Of): void {
    this.#rolls.get(group.source.id)?.stop();
  }

  /** The group is no longer watched: what is at work ends by itself, nothing further is begun. */
  closed(groupId: string): void {
    this.#rolls.get(groupId)?.stop();
    this.#rolls.delete(groupId);
  }

  #refusal(group: Of, agents: AgentUpdates['agents']): Failure | null {
    if (group.source.kind === 'demo') {
      return { code: 'updates.demo', message: 'The demo group always runs the agent of this app.' };
    }
    if (this.#rolls.get(group.source.id)?.isOver === false) {
      return { code: 'updates.under-way', message: 'An update of this group is under way.' };
    }
    const newer = agents.find(({ state }) => state === 'newer');
    if (newer !== undefined) {
      const message = `${newer.host} has a newer agent than this app brings.`;
      return { code: 'updates.newer-there', message, fix: 'Update this app first.' };
    }
    if (agents.every(({ state }) => state === 'current')) {
      return { code: 'updates.nothing-to-do', message: 'All hosts have the agent of this app.' };
    }
    const obstacle = this.#obstacle(group);
    return obstacle === null ? null : { code: 'updates.not-now', message: obstacle };
  }

  #obstacle(group: Of): string | null {
    const { view } = this.#options.factsOf(group);
    const away = view.hosts.find(({ report, state }) => report?.fresh !== true || state !== 'alive');
    if (away !== undefined)
      return `${away.name} is not there or not well: no other host is worked on meanwhile.`;
    const busy = view.vms.find(({ activity }) => activity !== null);
    return busy === undefined ? null : `Something is being done with ${busy.name}.`;
  }

  #work(group: Of) {
    const { onHost, agentFolder, changed } = this.#options;
    /** What each host had when it was begun with. */
    const before = new Map<string, string>();
    return {
      install: (host: string, step: (text: string) => void) =>
        onHost(host, async (session) => {
          const facts = await gatherFacts(session);
          if (facts.installedVersion !== null) before.set(host, facts.installedVersion);
          const bundle = readBundle(agentFolder, facts.arch);
          await applySteps(session, installSteps(facts, bundle, session.user), told(step));
        }),
      rollBack: async (host: string) => {
        const version = before.get(host);
        if (version === undefined) return null;
        await onHost(host, (session) => applySteps(session, rollbackSteps(version), () => undefined));
        return version;
      },
      ailment: (host: string, version: string) => ailment(this.#options.factsOf(group), host, version),
      obstacle: () => this.#obstacle(group),
      changed,
    };
  }
}

const told =
  (step: (text: string) => void): Report =>
  ({ state, title, detail }) => {
    if (state === 'applying') step(detail === undefined ? title : `${title}: ${detail}`);
  };

/** The agent that this app brings. Where it was not built yet there is none to compare with. */
function carriedVersion(agentFolder: string): string {
  for (const machine of ['x86_64', 'aarch64']) {
    try {
      return readBundle(agentFolder, machine).version;
    } catch {
      // The other architecture may be there.
    }
  }
  return 'none';
}
