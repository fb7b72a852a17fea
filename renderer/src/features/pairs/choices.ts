import { create } from 'zustand';
import type { PairChoice, PairRow } from '../../../../electron/ipc/setup/pairViews.ts';

/** What is wanted for one VM; a VM that is not chosen keeps its settings for when it is chosen again. */
export interface Wish {
  readonly on: boolean;
  readonly preferred: string;
  readonly order: number;
}
export interface Treatment {
  readonly maxRestarts: number;
  readonly windowMinutes: number;
  readonly shutdownSeconds: number;
}
type Wishes = Readonly<Record<string, Wish>>;

interface ChoiceState {
  /** By group, then by VM. */
  readonly wishes: Readonly<Record<string, Wishes>>;
  readonly treatment: Treatment;
}

/** The product's own defaults for a VM's policy. */
const usualTreatment: Treatment = { maxRestarts: 2, windowMinutes: 10, shutdownSeconds: 90 };
export const USUAL_ORDER = 100;

/** Kept by the window's session, so that neither another page nor a reload loses it. */
const KEPT = 'understudy.pairs';
function kept(): ChoiceState['wishes'] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? '{}');
    return typeof found === 'object' && found !== null ? (found as ChoiceState['wishes']) : {};
  } catch {
    return {};
  }
}

export const useChoices = create<ChoiceState>()(() => ({ wishes: kept(), treatment: usualTreatment }));
useChoices.subscribe(({ wishes }, old) => {
  if (wishes !== old.wishes) sessionStorage.setItem(KEPT, JSON.stringify(wishes));
});

const none: Wishes = {};
export const useWishes = (groupId: string): Wishes => useChoices(({ wishes }) => wishes[groupId] ?? none);

/** Starts on the host that runs it, in the middle of the order. */
export const usualWish = (row: Pick<PairRow, 'host'>): Wish => ({
  on: false,
  preferred: row.host,
  order: USUAL_ORDER,
});

export function wish(groupId: string, rows: readonly PairRow[], change: Partial<Wish>): void {
  useChoices.setState(({ wishes }) => {
    const own = wishes[groupId] ?? none;
    const changed = rows.map(
      (row) => [row.vmId, { ...(own[row.vmId] ?? usualWish(row)), ...change }] as const,
    );
    return { wishes: { ...wishes, [groupId]: { ...own, ...Object.fromEntries(changed) } } };
  });
}

export function treat(change: Partial<Treatment>): void {
  useChoices.setState(({ treatment }) => ({ treatment: { ...treatment, ...change } }));
}

/** VMs that are protected are no longer a choice. */
export function settle(groupId: string, vmIds: readonly string[]): void {
  useChoices.setState(({ wishes }) => {
    const own = Object.entries(wishes[groupId] ?? none).filter(([vmId]) => !vmIds.includes(vmId));
    return { wishes: { ...wishes, [groupId]: Object.fromEntries(own) } };
  });
}

export const isBlocked = (row: PairRow): boolean => row.reasons?.some(({ blocking }) => blocking) === true;

/** The VMs that are chosen and can be protected, as the app takes them. */
export function chosenOf(rows: readonly PairRow[], wishes: Wishes): readonly PairChoice[] {
  return rows.flatMap((row) => {
    const own = wishes[row.vmId];
    if (own?.on !== true || row.protectedAlready || isBlocked(row)) return [];
    const others = row.hosts.filter((host) => host !== own.preferred);
    return [{ vmId: row.vmId, hosts: [own.preferred, ...others], order: own.order }];
  });
}

/** What is wrong with a treatment, by field. The limits are the agent's own. */
export function wrongsOfTreatment(treatment: Treatment): Readonly<Partial<Record<keyof Treatment, string>>> {
  const within = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  return {
    ...(within(treatment.maxRestarts, 0, 20) ? {} : { maxRestarts: 'A whole number from 0 to 20.' }),
    ...(within(treatment.windowMinutes, 1, 1440) ? {} : { windowMinutes: 'Minutes, from 1 to 1440.' }),
    ...(within(treatment.shutdownSeconds, 1, 3600) ? {} : { shutdownSeconds: 'Seconds, from 1 to 3600.' }),
  };
}
