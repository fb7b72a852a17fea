import { isDrillDue, whyNotDrill } from '../core/engine/drill.ts';
import { configOf, type EngineState, protectedVm } from '../core/engine/state.ts';
import type { ProtectedVm } from '../protocol/group.ts';

/** Drills that are due are not in a hurry. */
const LOOK_AT_DUE_EVERY_MS = 60_000;
/** One that was broken off is tried again as long as its hours last. */
const TRY_AGAIN_MS = 3_600_000;

/** Hours may go over midnight: from 22 to 5. */
function isHour({ policy }: ProtectedVm, hour: number): boolean {
  const { drillFromHour: from, drillToHour: to } = policy;
  if (from === undefined || to === undefined) return false;
  return from < to ? hour >= from && hour < to : hour >= from || hour < to;
}

/** Drills that are begun by the clock. */
export class DueDrills {
  #lookedAtMs = -Infinity;
  /** When a drill of each VM was last begun by the clock; never more than there are VMs. */
  readonly #triedMs = new Map<string, number>();

  /** Of those that are due and whose hours these are, the VM that was tried longest ago; null: none, or none yet. */
  next(state: EngineState, nowMs: number, wallMs: number): string | null {
    if (nowMs - this.#lookedAtMs < LOOK_AT_DUE_EVERY_MS) return null;
    this.#lookedAtMs = nowMs;
    for (const vm of this.#triedMs.keys()) if (protectedVm(state, vm) === undefined) this.#triedMs.delete(vm);
    const hour = new Date(wallMs).getHours();
    const triedAt = (vm: ProtectedVm): number => this.#triedMs.get(vm.vm) ?? -Infinity;
    const due = (configOf(state)?.vms ?? []).filter(
      (vm) =>
        isHour(vm, hour) &&
        nowMs - triedAt(vm) > TRY_AGAIN_MS &&
        isDrillDue(state, vm, nowMs) &&
        whyNotDrill(state, vm, nowMs) === null,
    );
    const [next] = due.toSorted((a, b) => triedAt(a) - triedAt(b));
    if (next === undefined) return null;
    this.#triedMs.set(next.vm, nowMs);
    return next.vm;
  }
}
