import type { NewEvent } from '../journal/event.ts';
import type { LinkChange } from './heartbeat.ts';

/** A link that drops this often within the window is told once as unsteady, not each time. */
const DROPS_TOLD = 4;
const WINDOW_MS = 600_000;

interface Drops {
  readonly sinceMs: number;
  readonly lastChangeMs: number;
  readonly count: number;
}

export interface LinkStory {
  /** The event to log for a change of a link to the host named, or null while the link is known to be unsteady. */
  tell(change: LinkChange, hostName: string): NewEvent | null;
}

/** Tells what links do without letting a loose cable fill the event log. */
export function createLinkStory(): LinkStory {
  const drops = new Map<string, Drops>();
  const forgedAtMs = new Map<string, number>();
  return {
    tell({ peer, link, state, atMs }, hostName) {
      const key = `${peer} ${link}`;
      if (state === 'forged') {
        const toldMs = forgedAtMs.get(key);
        if (toldMs !== undefined && atMs - toldMs < WINDOW_MS) return null;
        forgedAtMs.set(key, atMs);
        return {
          code: 'link.forged',
          level: 'warning',
          text: `Datagrams in the name of ${hostName} arrive on link ${link + 1} with a wrong seal and are thrown away: its group key may differ, or somebody forges them.`,
          facts: { host: hostName, link },
        };
      }
      const before = drops.get(key);
      const recent = before !== undefined && atMs - before.lastChangeMs < WINDOW_MS ? before : null;
      const now: Drops = {
        sinceMs: recent?.sinceMs ?? atMs,
        lastChangeMs: atMs,
        count: (recent?.count ?? 0) + (state === 'down' ? 1 : 0),
      };
      drops.set(key, now);
      const facts = { host: hostName, link, drops: now.count };
      const path = `link ${link + 1} to ${hostName}`;
      if (state === 'down' && now.count === DROPS_TOLD) {
        const minutes = Math.max(1, Math.round((atMs - now.sinceMs) / 60_000));
        return {
          code: 'link.unsteady',
          level: 'warning',
          text: `The heartbeat ${path} dropped ${now.count} times in ${minutes} min. Further drops are not listed until it has been steady for 10 min.`,
          facts,
        };
      }
      if (now.count >= DROPS_TOLD) return null;
      return state === 'up'
        ? { code: 'link.up', level: 'notice', text: `Heartbeats arrive on ${path}.`, facts }
        : {
            code: 'link.down',
            level: 'warning',
            text: `No heartbeat arrives on ${path}. Nothing is moved for that alone.`,
            facts,
          };
    },
  };
}
