import { Heartbeat } from '../protocol/heartbeat.ts';
import { surelyFits } from '../protocol/surelyFits.ts';
import type { Header } from './envelope.ts';

/** The sealed inside, if it is a heartbeat and says the same as the header it came under. */
export function parseBeat(text: string, header: Header, groupId: string): Heartbeat | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const beat = surelyFits(Heartbeat, json) ? json : Heartbeat.safeParse(json).data;
  if (beat === undefined) return null;
  const { from, link, session } = beat;
  const same = from === header.from && link === header.link && session === header.session;
  return same && beat.groupId === groupId ? beat : null;
}
