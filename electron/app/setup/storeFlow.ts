import { posix } from 'node:path';
import { FailureError } from '../../../agent/protocol/failure.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { gatherFacts } from '../../backend/facts/facts.ts';
import { AREA_FILE, requireAreaPlace } from '../../backend/group/area.ts';
import { carryOut, type CreateOptions, groupEntry, planGroup } from '../../backend/group/create.ts';
import { awaitHealth } from '../../backend/group/health.ts';
import { groupBegunEarlier, saveGroup } from '../../backend/group/membership.ts';
import { hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import { asyncExports, findStores, folderProblems } from '../../backend/storage/find.ts';
import { type Latency, measureLatency } from '../../backend/storage/latency.ts';
import { profileChoices } from '../../backend/storage/profiles.ts';
import { proveSharing } from '../../backend/storage/prove.ts';
import { type Space, storeSpace } from '../../backend/storage/space.ts';
import { listVms } from '../../backend/vms/listVms.ts';
import type { GroupDraft } from '../../ipc/setup/views.ts';
import type { SetupContext } from './setupContext.ts';
import { checkOptions, type SetupState } from './setupState.ts';
import { asStep, type Work } from './workBook.ts';

/** Time for keepers to join, agents to hear each other: a boot's quiet time and some periods of the slowest profile. */
const HEALTH_WITHIN_MS = 90_000;

/** The places that all hosts have, with what lies there already; where VMs have their disks comes first. */
export async function findCommonStores(context: SetupContext): Promise<void> {
  const state = context.current();
  const hosts = requireHosts(state);
  await context.access.onAll(hosts, true, async (sessions) => {
    const facts = await Promise.all(sessions.map(gatherFacts));
    for (const each of facts) context.noteFacts(each);
    const found = findStores(facts);
    const disks = (await Promise.all(sessions.map(disksOn))).flat();
    const [first] = sessions;
    const folders = found.filter(({ kind }) => kind === 'folder').map(({ path }) => path);
    const space = first === undefined ? new Map<string, Space>() : await storeSpace(first, folders);
    const candidates = found.map((candidate) => {
      const device = facts[0]?.blocks.find(({ path }) => path === candidate.path);
      const { sizeBytes = device?.sizeBytes ?? null, freeBytes = null } = space.get(candidate.path) ?? {};
      const below = disks.filter(({ path }) => path.startsWith(`${candidate.path}/`));
      return { ...candidate, sizeBytes, freeBytes, vms: [...new Set(below.map(({ vm }) => vm))] };
    });
    const rank = ({ problems, vms }: (typeof candidates)[number]): number =>
      problems.length * 1000 - vms.length;
    state.stores = {
      candidates: candidates.toSorted((a, b) => rank(a) - rank(b)),
      warnings: asyncExports(facts),
      searchedAt: Date.now(),
    };
  });
  context.changed();
}

/** Disks of the VMs on a host; where its VMs can't be listed the store is found all the same. */
async function disksOn(
  session: HostSession,
): Promise<readonly { readonly vm: string; readonly path: string }[]> {
  try {
    const { vms } = await listVms(session, '/');
    return vms.flatMap(({ description }) =>
      description.disks.map(({ path }) => ({ vm: description.name, path })),
    );
  } catch (fault) {
    asFailure(fault);
    return [];
  }
}

interface Place {
  readonly kind: 'folder' | 'device';
  readonly path: string;
}

/** Proves that a place is shared, measures it, and says what each profile would mean there. */
export function beginProof(context: SetupContext, place: Place): string {
  const state = context.current();
  const hosts = requireHosts(state);
  const start = { kind: 'prove', groupId: null, title: `The proof of ${place.path}`, hosts } as const;
  const begun = begunThere(context, hosts, areaPathIn(place));
  const accepted = context.checks.acceptedIds(null);
  return context.work.begin(start, (work) =>
    context.access.onAll(hosts, true, async (sessions) => {
      await asStep(work, { id: 'look', host: null, title: 'what can be seen without writing' }, () =>
        lookAtPlace(sessions, place, accepted, begun),
      );
      if (begun !== null && place.kind === 'device') {
        // The area of this very group is there already: a proof would write over it.
        work.step('look', { detail: 'the lease area that an earlier run made is there' });
        state.proof = {
          ...place,
          provenAt: Date.now(),
          seen: [],
          latencies: [],
          profiles: profileChoices([]),
        };
        return context.save(state);
      }
      const title = 'each host writes and every other reads it at once';
      const proof = await asStep(work, { id: 'prove', host: null, title }, () =>
        proveSharing(sessions, place),
      );
      const latencies: Latency[] = [];
      for (const session of sessions) latencies.push(await measure(work, session, place));
      const profiles = profileChoices(latencies);
      state.proof = { ...place, provenAt: Date.now(), seen: proof.seen, latencies, profiles };
      state.store = place;
      context.save(state);
    }),
  );
}

async function lookAtPlace(
  sessions: readonly HostSession[],
  place: Place,
  accepted: ReadonlySet<string>,
  begun: string | null,
): Promise<void> {
  const facts = await Promise.all(sessions.map(gatherFacts));
  const problems = place.kind === 'folder' ? folderProblems(place.path, facts) : [];
  const [problem] = problems.filter(({ code }) => !accepted.has(code));
  if (problem !== undefined) throw fail({ ...problem, field: 'path' });
  await requireAreaPlace(sessions, areaPathIn(place), begun);
}

/** The group of these very hosts whose making was cut off after its area was there; null: none. */
function begunThere(context: SetupContext, hosts: readonly string[], areaPath: string): string | null {
  const { groups } = readInventory(context.inventoryPath);
  const found = groups.find((group) => group.areaPath === areaPath);
  const same = found?.hosts.map(({ name }) => name).join(',') === hosts.join(',');
  return found !== undefined && same ? found.groupId : null;
}

const measure = (work: Work, session: HostSession, place: Place): Promise<Latency> => {
  const host = session.hostName;
  const step = { id: `measure ${host}`, host, title: '200 small writes are timed' };
  return asStep(work, step, () => measureLatency(session, place));
};

const areaPathIn = ({ kind, path }: Place): string =>
  kind === 'folder' ? posix.join(path, AREA_FILE) : path;

/** Makes the group on the place that was proven. May be repeated after an interruption. */
export function beginCreate(context: SetupContext, draft: GroupDraft): string {
  const state = context.current();
  const hosts = requireHosts(state);
  const place = state.proof ?? state.store;
  if (draft.name.trim() === '') throw wrongField('name', 'The group needs a name.');
  if (place === null) throw wrongField('path', 'No store was proven yet.');
  state.draft = draft;
  context.save(state);
  const options: Omit<CreateOptions, 'say'> = {
    name: draft.name.trim(),
    areaPath: areaPathIn(place),
    place: { kind: place.kind, path: place.path },
    profile: draft.profile,
    ...checkOptions(draft),
    acceptSoftwareWatchdog: draft.acceptSoftwareWatchdog,
    accepted: context.checks.acceptedIds(null),
  };
  const known = groupBegunEarlier(context.inventoryPath, {
    name: options.name,
    hosts,
    areaPath: options.areaPath,
  });
  const title = `Making the group ${options.name}`;
  return context.work.begin({ kind: 'create', groupId: null, title, hosts }, (work) =>
    context.access.onAll(hosts, true, (sessions) =>
      create(context, work, sessions, { options, known, state }),
    ),
  );
}

interface Creation {
  readonly options: Omit<CreateOptions, 'say'>;
  readonly known: ReturnType<typeof groupBegunEarlier>;
  readonly state: SetupState;
}

async function create(
  context: SetupContext,
  work: Work,
  sessions: readonly HostSession[],
  { options, known, state }: Creation,
): Promise<void> {
  const inventory = readInventory(context.inventoryPath);
  const parts = sessions.map((session) => ({
    session,
    sshAddress: hostByName(inventory, session.hostName).address,
  }));
  const sayTo =
    (id: string) =>
    (detail: string): void =>
      work.step(id, { detail });
  const plan = await asStep(work, { id: 'plan', host: null, title: 'everything is checked once more' }, () =>
    planGroup(parts, known, { ...options, say: sayTo('plan') }),
  );
  // Before the first change: a run that is cut off after the area was made must know the group's identity again.
  saveGroup(context.inventoryPath, groupEntry(plan));
  work.refuseStop(
    'The lease area is being made; that takes some seconds and can be repeated, but not left half-way.',
  );
  await asStep(work, { id: 'make', host: null, title: 'lease area, keys and services' }, () =>
    carryOut(parts, plan, sayTo('make')),
  );
  state.groupId = plan.input.groupId;
  context.save(state);
  context.openGroup(plan.input.groupId);
  await asStep(work, { id: 'health', host: null, title: 'the hosts find each other' }, async () => {
    const health = await awaitHealth(sessions, HEALTH_WITHIN_MS, sayTo('health'));
    if (!health.whole) throw notWhole(health.why ?? 'it is not known why');
    work.step('health', { detail: health.shortcomings.join(' ') || 'all of them are up' });
  });
}

const notWhole = (why: string): Error =>
  fail({
    code: 'group.not-whole',
    message: `The group is made, but ${why}.`,
    meaning: 'It may only need longer. Nothing is protected yet.',
    fix: 'Look at the overview; it shows what is missing.',
  });

const wrongField = (field: string, message: string): Error =>
  new FailureError({ code: 'input.invalid', message, field });

function requireHosts(state: SetupState): readonly string[] {
  if (state.hosts.length >= 2) return [...state.hosts];
  throw new FailureError({
    code: 'setup.no-hosts',
    message: 'A group needs two hosts at least.',
    fix: 'Add the other host first.',
  });
}
