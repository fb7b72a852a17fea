import type { CampaignResult } from './campaign.ts';
import type { Tally } from './tally.ts';

const MIB = 2 ** 20;

function times(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

function speeds(tally: Tally, elapsedMs: number): string {
  const perSecond = (tally.worlds / elapsedMs) * 1000;
  const timesReal = (tally.simulatedS / tally.busyMs) * 1000;
  return `${perSecond.toFixed(1)} worlds/s, ${Math.round(timesReal).toLocaleString('en')} times real time a process`;
}

export function progressText(tally: Tally, ofWorlds: number, elapsedMs: number): string {
  const share = `${tally.worlds.toLocaleString('en')} of ${times(ofWorlds, 'world')}`;
  return `${share}, ${speeds(tally, elapsedMs)}, ${times(tally.failedWorlds, 'violation')}`;
}

export function summaryText({ tally, elapsedMs, memory }: CampaignResult): string {
  const kinds = [...tally.faults].toSorted(([, one], [, other]) => other - one);
  const injected = kinds.reduce((sum, [, count]) => sum + count, 0);
  const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
  return [
    `${times(tally.worlds, 'world')}, ${(tally.simulatedS / 3600).toFixed(1)} h simulated in ${(elapsedMs / 1000).toFixed(1)} s: ${speeds(tally, elapsedMs)}`,
    `${times(injected, 'step')}: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `${times(tally.failovers, 'failover')}, ${times(tally.resets, 'reset')} by watchdogs, longest outage ${tally.longestDownS.toFixed(1)} s`,
    `memory of a process: ${mib(memory.firstBytes)} after its first worlds, ${mib(memory.mostBytes)} at most later`,
    `${times(tally.failedWorlds, 'world')} failed`,
    '',
  ].join('\n');
}
