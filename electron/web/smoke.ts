import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../app/app.ts';
import type { GroupView, VmView } from '../ipc/views.ts';
import { listed } from '../ipc/words.ts';

/** A fresh group watches the store, joins, protects three VMs and starts them: about 15 s on an idle machine. */
const HEALTHY_WITHIN_MS = 120_000;
/** T of the profile swift is 12 s; the rest is the start, on a machine that may be busy. */
const FAILOVER_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
const runsOn = ({ place }: VmView): string | null => (place.kind === 'running' ? place.host : null);

interface Watch {
  readonly app: App;
  readonly groupId: string;
}

/** The first view of the group of which `holds` is true. Throws with what is there instead when time is up. */
async function until(
  { app, groupId }: Watch,
  what: string,
  withinMs: number,
  holds: (view: GroupView) => boolean,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const view = app.feeds.latest('groups.views')?.find(({ id }) => id === groupId);
    if (view !== undefined && holds(view)) return;
    if (performance.now() > deadlineMs) {
      const { sentence, suggestion } = view?.verdict ?? {
        sentence: 'No view of the group.',
        suggestion: null,
      };
      throw new Error(`${what} within ${withinMs / 1000} s. ${sentence} ${suggestion ?? ''}`.trim());
    }
    await wait(LOOK_EVERY_MS);
  }
}

/**
 * Starts the demo group, waits until every VM is protected, pulls the plug of the host that runs the most, and waits
 * until the other runs them. Gives one line; throws with a sentence when anything is not so.
 */
export async function smoke(app: App, address: string): Promise<string> {
  const page = await fetch(address.split('#')[0] ?? address, { signal: AbortSignal.timeout(5_000) });
  if (!page.ok) throw new Error(`The window is not served: HTTP ${page.status}.`);
  const startedMs = performance.now();
  const { groupId } = await app.handlers['groups.startDemo']({});
  const watch = { app, groupId };
  await until(
    watch,
    'The demo group did not become healthy',
    HEALTHY_WITHIN_MS,
    ({ vms }) => vms.length > 0 && vms.every((vm) => vm.word === 'protected' && runsOn(vm) !== null),
  );
  const healthyMs = performance.now() - startedMs;
  const vms = app.feeds.latest('groups.views')?.find(({ id }) => id === groupId)?.vms ?? [];
  const byHost = [...Map.groupBy(vms, runsOn)].toSorted(([, a], [, b]) => b.length - a.length);
  const [host, lost = []] = byHost[0] ?? [null];
  if (host === null || host === undefined) throw new Error('No host runs a VM.');
  const pulledMs = performance.now();
  await app.handlers['demo.pullPlug']({ groupId, host });
  const ids = lost.map(({ id }) => id);
  await until(watch, `The VMs of ${host} were not taken over`, FAILOVER_WITHIN_MS, (view) =>
    view.vms.filter(({ id }) => ids.includes(id)).every((vm) => ![null, host].includes(runsOn(vm))),
  );
  const tookMs = performance.now() - pulledMs;
  const names = listed(lost.map(({ name }) => name));
  return (
    `smoke: demo group healthy after ${seconds(healthyMs)} s; plug of ${host} pulled; ` +
    `${names} taken over after ${seconds(tookMs)} s (demo: VMs and watchdogs are stand-ins)`
  ).replaceAll('\u00a0', ' ');
}
