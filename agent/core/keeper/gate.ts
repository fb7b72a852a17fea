import { loseAfterMs, loseAtMs, marginMs, mayRun, mine, petUntilMs } from './rights.ts';
import { quiet } from './scan.ts';
import type { Turn } from './state.ts';
import type { GateEntry } from './types.ts';

/** A gate entry is written anew when its time has moved by this share of L: not one file a period and VM for nothing. */
const REFRESH_SHARE_OF_L = 4;

/**
 * What the libvirt hook may let pass (rule 19): VMs whose tokens are held, until shortly before the lease ends, and
 * copies that are expected, which may be received and not started.
 */
export function refreshGate(turn: Turn): void {
  const { s, nowMs } = turn;
  const open: GateEntry[] = [];
  const endMs = loseAtMs(s);
  if (mayRun(s, nowMs) && endMs !== null && s.leave === null) {
    for (const held of s.held.values()) {
      if (mine(s, held.token) !== null && !held.releasing) {
        const { vm, generation } = held;
        open.push({ vm, epoch: s.epoch, generation, notAfterMs: endMs - marginMs(s), incoming: false });
      }
    }
    for (const { vm, generation, untilMs, isWhole } of s.incoming.values()) {
      const notAfterMs = Math.min(untilMs, endMs - marginMs(s));
      if (!isWhole && untilMs > nowMs)
        open.push({ vm, epoch: s.epoch, generation, notAfterMs, incoming: true });
    }
  }
  if (s.gate === null || differs(s.gate, open, loseAfterMs(s) / REFRESH_SHARE_OF_L)) {
    s.gate = open;
    turn.effects.push({ kind: 'gate', open });
  }
}

function differs(before: readonly GateEntry[], after: readonly GateEntry[], movedMs: number): boolean {
  return (
    before.length !== after.length ||
    after.some((entry, index) => {
      const old = before[index];
      const same =
        old?.vm === entry.vm &&
        old.epoch === entry.epoch &&
        old.generation === entry.generation &&
        old.incoming === entry.incoming;
      const movesMs = entry.notAfterMs - (old?.notAfterMs ?? 0);
      return !same || movesMs < 0 || movesMs >= movedMs;
    })
  );
}

/** Rule 10: after the right has ended, by L + g, the watchdog is petted only if all is confirmed dead and drained. */
export function pet(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.phase === 'left' && s.leave?.closed === true) {
    return;
  }
  const untilMs = petUntilMs(s);
  if (untilMs !== null && nowMs < untilMs) {
    turn.effects.push({ kind: 'pet', notAfterMs: untilMs });
  } else if (quiet(s, nowMs, 0)) {
    turn.effects.push({ kind: 'pet', notAfterMs: nowMs + s.timing.tickMs });
  }
}
