import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asFailure, fail } from '../../backend/failures.ts';
import { openControl } from '../../backend/control/control.ts';
import { gatherFacts } from '../../backend/facts/facts.ts';
import { applyVmFix } from '../../backend/vms/applyFix.ts';
import { type HostVms, listVms } from '../../backend/vms/listVms.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { VmPolicy } from '../../../agent/protocol/group.ts';
import type { PairPolicy } from '../../ipc/setup/contract.ts';
import type { PairChoice, PairRow, PairsPrediction, PairsView } from '../../ipc/setup/pairViews.ts';
import { type GroupSight, pairRows, predictPairs, reasonsOf } from './pairViews.ts';
import type { SetupContext } from './setupContext.ts';
import { asStep, type Work } from './workBook.ts';

/** A decision on the store, with all its retries while a host starts. */
const PROTECT_WITHIN_MS = 120_000;
/** Another change of the group came first: the next attempt sees the new configuration. */
const MAX_TRIES = 4;
const worthRepeating: ReadonlySet<string> = new Set(['config.stale', 'config.contended', 'group.busy']);
const BETWEEN_TRIES_MS = 1_000;

interface Listing {
  hosts: readonly HostVms[];
  cpuModels: ReadonlyMap<string, string>;
  storeFolder: string | null;
  failures: readonly { readonly host: string; readonly failure: Failure }[];
  refreshedAt: number;
  running: boolean;
}

interface Options {
  readonly context: SetupContext;
  /** What the app sees of a group now; throws a FailureError when it is not open. */
  readonly sight: (groupId: string) => GroupSight;
}

/** The VMs of a group's hosts: why one can't be protected yet, what would follow, and their protection. */
export class PairDesk {
  readonly #context: SetupContext;
  readonly #sight: Options['sight'];
  readonly #listings = new Map<string, Listing>();
  readonly #made = new Map<string, { readonly mark: string; readonly rows: readonly PairRow[] }>();

  constructor({ context, sight }: Options) {
    this.#context = context;
    this.#sight = sight;
  }

  /** Begins to list; how it goes is in the views. */
  refresh(groupId: string): void {
    const sight = this.#sight(groupId);
    const listing = this.#listings.get(groupId) ?? emptyListing();
    this.#listings.set(groupId, listing);
    if (listing.running) return;
    listing.running = true;
    void this.#list(sight, listing).finally(() => {
      listing.running = false;
      listing.refreshedAt = Date.now();
      this.#context.changed();
    });
    this.#context.changed();
  }

  async #list({ hosts, areaPath }: GroupSight, listing: Listing): Promise<void> {
    const listed = await Promise.all(
      hosts.map(async (host) => {
        try {
          return await this.#context.access.on(host, true, async (session) => ({
            vms: await listVms(session, areaPath),
            facts: await gatherFacts(session),
          }));
        } catch (fault) {
          return { host, failure: asFailure(fault) };
        }
      }),
    );
    listing.storeFolder = areaPath.startsWith('/dev/') ? null : posix.dirname(areaPath);
    listing.hosts = listed.flatMap((each) => ('vms' in each ? [each.vms] : []));
    listing.cpuModels = new Map(
      listed.flatMap((each) => ('facts' in each ? [[each.facts.name, each.facts.cpuModel] as const] : [])),
    );
    listing.failures = listed.flatMap((each) => ('failure' in each ? [each] : []));
  }

  predict(groupId: string, choices: readonly PairChoice[]): PairsPrediction {
    return predictPairs(this.#listed(groupId), this.#sight(groupId), choices);
  }

  /** Makes a fix that a row offers now, then lists again. Returns the work's id. */
  beginFix(groupId: string, vmId: string, fixId: string): string {
    const listing = this.#listed(groupId);
    const own = listing.hosts.find(({ vms }) => vms.some(({ description }) => description.vm === vmId));
    const vm = own?.vms.find(({ description }) => description.vm === vmId);
    const reason =
      vm === undefined || own === undefined
        ? undefined
        : reasonsOf(vm, own, listing).find(({ fix }) => fix?.id === fixId);
    if (vm === undefined || own === undefined || reason?.fix == null) {
      const message = 'This VM has no such fix any more.';
      throw fail({ code: 'check.fix-gone', message, fix: 'Look at it again.', field: 'fix' });
    }
    const { fix } = reason;
    const { name } = vm.description;
    const hosts = listing.hosts.map(({ host }) => host);
    const title = `${fix.label} (${name})`;
    return this.#context.work.begin({ kind: 'fix', groupId, title, hosts }, async (work) => {
      await asStep(work, { id: 'fix', host: own.host, title: fix.label }, () =>
        this.#context.access.onAll(hosts, true, async (all) => {
          const session = all.find(({ hostName }) => hostName === own.host);
          const watch = {
            signal: work.signal,
            tell: (detail: string) => work.step('fix', { detail }),
          };
          if (session !== undefined) await applyVmFix(fix.action, { vm: name, own: session, all, watch });
        }),
      );
      this.refresh(groupId);
    });
  }

  /** One step a VM; one that is refused does not stop the others, and makes the work end as failed. */
  beginProtect(groupId: string, choices: readonly PairChoice[], policy: PairPolicy): string {
    const listing = this.#listed(groupId);
    if (choices.length === 0)
      throw fail({ code: 'input.invalid', message: 'No VM was chosen.', field: 'choices' });
    const chosen = choices.map((choice, index) => ({ choice, place: placeOf(listing, choice, index) }));
    const title =
      chosen.length === 1 ? `Protecting ${chosen[0]?.place.name}` : `Protecting ${chosen.length} VMs`;
    return this.#context.work.begin({ kind: 'protect', groupId, title, hosts: [] }, async (work) => {
      for (const { place } of chosen) {
        work.step(place.name, { host: place.host, title: place.name, state: 'waiting' });
      }
      const refused: string[] = [];
      for (const { choice, place } of chosen) {
        const done = await this.#protect(work, choice, place, policy);
        if (!done) refused.push(place.name);
      }
      this.refresh(groupId);
      if (refused.length > 0) throw notAll(refused, chosen.length);
    });
  }

  async #protect(work: Work, choice: PairChoice, place: Place, policy: PairPolicy): Promise<boolean> {
    try {
      await asStep(work, { id: place.name, host: place.host, title: place.name }, () =>
        this.#context.access.on(place.host, true, async (session) => {
          const control = await openControl(session);
          try {
            const wanted = { ...given(policy), order: choice.order };
            const params = { vm: place.name, hosts: [...choice.hosts], policy: wanted };
            await again(() => control.call('protect', params, PROTECT_WITHIN_MS));
          } finally {
            control.close();
          }
        }),
      );
      return true;
    } catch (fault) {
      if (asFailure(fault).code === 'setup.stopped') throw fault;
      return false;
    }
  }

  forget(groupId: string): void {
    this.#listings.delete(groupId);
    this.#made.delete(groupId);
  }

  views(): readonly PairsView[] {
    return [...this.#listings].flatMap(([groupId, listing]) => {
      const { failures, refreshedAt, running } = listing;
      try {
        return [{ groupId, rows: this.#rows(groupId, listing), failures, refreshedAt, running }];
      } catch {
        // The group was closed meanwhile.
        return [];
      }
    });
  }

  /** Hundreds of VMs are looked at anew only when they were listed again, or their group changed. */
  #rows(groupId: string, listing: Listing): readonly PairRow[] {
    const sight = this.#sight(groupId);
    const vms = sight.vms.map(({ id, readiness, policy, hosts }) => [id, readiness, policy, hosts]);
    const mark = JSON.stringify([listing.refreshedAt, vms, sight.config?.generation, [...sight.watchdogs]]);
    const known = this.#made.get(groupId);
    if (known?.mark === mark) return known.rows;
    const rows = pairRows(listing, sight);
    this.#made.set(groupId, { mark, rows });
    return rows;
  }

  #listed(groupId: string): Listing {
    const listing = this.#listings.get(groupId);
    if (listing !== undefined && listing.refreshedAt > 0) return listing;
    throw fail({
      code: 'setup.not-listed',
      message: 'The VMs of this group were not listed yet.',
      fix: 'List them first.',
      field: 'groupId',
    });
  }
}

interface Place {
  readonly name: string;
  readonly host: string;
}

/** The host that has the VM; where several have it, the one that runs it. */
function placeOf({ hosts }: Listing, { vmId }: PairChoice, index: number): Place {
  const having = hosts.flatMap(({ host, vms }) =>
    vms.filter(({ description }) => description.vm === vmId).map((vm) => ({ host, vm })),
  );
  const best = having.find(({ vm }) => vm.running) ?? having[0];
  if (best !== undefined) return { name: best.vm.description.name, host: best.host };
  const message = 'No host of the group has this VM any more.';
  throw fail({ code: 'input.unknown-vm', message, field: `choices.${index}.vmId` });
}

const given = (policy: PairPolicy): Partial<VmPolicy> =>
  Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));

async function again<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (fault) {
      if (tries >= MAX_TRIES || !worthRepeating.has(asFailure(fault).code)) throw fault;
      await delay(BETWEEN_TRIES_MS);
    }
  }
}

const notAll = (refused: readonly string[], of: number): Error =>
  fail({
    code: 'setup.some-refused',
    message: `${refused.length} of ${of} VMs could not be protected: ${refused.slice(0, 8).join(', ')}${refused.length > 8 ? '...' : ''}.`,
    meaning: 'The others are protected now.',
    fix: 'See the reason at each of them, mend it, and protect them again.',
  });

const emptyListing = (): Listing => ({
  hosts: [],
  cpuModels: new Map(),
  storeFolder: null,
  failures: [],
  refreshedAt: 0,
  running: false,
});
