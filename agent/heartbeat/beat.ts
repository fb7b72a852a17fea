import { Heartbeat } from '../protocol/heartbeat.ts';
import type { Header } from './envelope.ts';

/** The sealed inside, if it is a heartbeat and says the same as the header it came under. */
export function parseBeat(text: string, header: Header, groupId: string): Heartbeat | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = Heartbeat.safeParse(json);
  if (!parsed.success) return null;
  const { from, link, session } = parsed.data;
  const same = from === header.from && link === header.link && session === header.session;
  return same && parsed.data.groupId === groupId ? parsed.data : null;
}
