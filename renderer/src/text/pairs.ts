import type { IfHostFails, PairRow, RecoveryPrediction } from '../../../electron/ipc/setup/pairViews.ts';
import { count, duration, listed } from '../../../electron/ipc/words.ts';
import { gibibytes } from './en.ts';
import { seconds } from './setup.ts';

/** Sentences about choosing VMs and what would become of them. */

export const orders: readonly { readonly value: string; readonly label: string }[] = [
  { value: '10', label: 'First' },
  { value: '50', label: 'Early' },
  { value: '100', label: 'In the middle' },
  { value: '200', label: 'Late' },
  { value: '500', label: 'Last' },
];
export const orderChoices = (order: number): readonly { readonly value: string; readonly label: string }[] =>
  orders.some(({ value }) => value === String(order))
    ? orders
    : [...orders, { value: String(order), label: `Place ${order}` }];

/** "4 GiB, 2 processors, running on alpha". */
export function vmFacts({ memoryMiB, vcpus, running, host, alsoOn }: PairRow): string {
  return [
    ...(memoryMiB === null ? [] : [gibibytes(memoryMiB)]),
    ...(vcpus === null ? [] : [count(vcpus, 'processor')]),
    running ? `running on ${host}` : `stopped, on ${host}`,
    ...(alsoOn.length === 0 ? [] : [`also known to ${listed(alsoOn)}`]),
  ].join(', ');
}

export const predictedWords = ({ totalMs, takeoverMs, startMs, startFrom }: RecoveryPrediction): string =>
  totalMs === null || takeoverMs === null
    ? 'Not by itself'
    : `About ${duration(totalMs)}: ${seconds(takeoverMs)} to be certain, ${seconds(startMs)} to start${startFrom === 'measured' ? '' : ' (estimated)'}`;

export function roomWords(survivor: IfHostFails['survivors'][number]): string {
  const { needMiB, haveMiB, vms } = survivor;
  if (vms.length === 0) return 'takes nothing over';
  const takes = `takes ${count(vms.length, 'VM')} over: ${gibibytes(needMiB)}`;
  return haveMiB === null
    ? `${takes}, its free memory is not known`
    : `${takes} of ${gibibytes(haveMiB)} free`;
}
