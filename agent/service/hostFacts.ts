import { access, readFile } from 'node:fs/promises';
import { HOOK_PATH, ONLY_HOOK_PATH } from '../install/hook.ts';
import type { PeerFact } from '../core/engine/peerFact.ts';
import type { Heartbeats } from '../heartbeat/heartbeat.ts';

const KIB_PER_MIB = 1024;

/** Memory as the kernel counts it: what is free includes what caches would give back. Null if it can't be read. */
export async function readMemory(): Promise<{ totalMiB: number; freeMiB: number } | null> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const total = /^MemTotal:\s+(\d+) kB/m.exec(text)?.[1];
  const free = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
  if (total === undefined || free === undefined) return null;
  return {
    totalMiB: Math.floor(Number(total) / KIB_PER_MIB),
    freeMiB: Math.floor(Number(free) / KIB_PER_MIB),
  };
}

/** Whether our libvirt hook is where the installer puts it: in its own file, or in place of the only one. */
export async function isHookInstalled(): Promise<boolean> {
  try {
    await access(HOOK_PATH);
    return true;
  } catch {
    const only = await readFile(ONLY_HOOK_PATH, 'utf8').catch(() => '');
    return only.includes('understudy');
  }
}

/** What heartbeats say of each other host: the best of its links counts. */
export function peerFacts(heartbeats: Heartbeats): readonly PeerFact[] {
  const beats = heartbeats.peers();
  const best = new Map<number, PeerFact['heard']>();
  const rank = { never: 0, down: 1, late: 2, up: 3 } as const;
  for (const { peer, state } of heartbeats.links()) {
    const known = best.get(peer);
    if (known === undefined || rank[state] > rank[known]) best.set(peer, state);
  }
  return [...best].map(([slot, heard]) => {
    const beat = beats.find((one) => one.slot === slot);
    // A host that has gone silent may have come back with the power: only what it says now counts.
    const goingDown = heard === 'up' ? (beat?.goingDown ?? null) : null;
    const condition = heard === 'up' ? (beat?.condition ?? null) : null;
    const freeMiB = heard === 'up' ? (beat?.freeMiB ?? null) : null;
    return { slot, heard, agentVersion: beat?.agentVersion ?? null, goingDown, condition, freeMiB };
  });
}
