import { useShallow } from 'zustand/react/shallow';
import type { RunView } from '../../../electron/ipc/views.ts';
import { useWindow } from '../store/store.ts';
import { RunCard } from './RunCard.tsx';

/** Shown at once; the rest is in the events. */
const SHOWN = 4;

/** A start or stop that went well is seen where the VM is; it is no news any more. */
const isNews = ({ kind, state }: RunView): boolean =>
  state !== 'done' || (kind !== 'start' && kind !== 'stop');

/** What is under way in this group or with this VM, and what just was. */
export function Runs({ groupId, vmId }: { readonly groupId: string; readonly vmId?: string }) {
  const runs = useWindow(
    useShallow(({ runs: received, dismissedRuns }) =>
      (received?.value ?? [])
        .filter((run) => run.groupId === groupId && (vmId === undefined || run.vmId === vmId))
        .filter((run) => isNews(run) && !dismissedRuns.includes(run.id))
        .slice(-SHOWN),
    ),
  );
  if (runs.length === 0) return null;
  return (
    <section className="runs" aria-label="Under way and just done">
      {runs.toReversed().map((run) => (
        <RunCard key={run.id} run={run} />
      ))}
    </section>
  );
}
