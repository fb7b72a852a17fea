/** What a guest says of itself, line by line, on a virtio-serial channel (docs/guide.md has the protocol for people). */

export const BEAT_CHANNEL = 'org.understudy.heartbeat.0';
/** Longest line, without its newline. A longer one is no beat: it comes from inside a guest, and may never end. */
export const MAX_BEAT_BYTES = 256;
/** Longest time that is read; how much of it counts is the policy's. */
const MOST_AWAY_S = 86_400;

export type GuestBeat =
  /** `awaySeconds`: it may be silent for so long; 0: it is back; null: nothing is said of that. */
  | { readonly state: 'ok'; readonly awaySeconds: number | null }
  | { readonly state: 'failed'; readonly reason: string };

const OK = /^beat\/1 ok(?: away (\d{1,5}))?$/;
const FAILED = /^beat\/1 failed: (.+)$/;

/** Null when it is no beat. */
export function parseBeat(line: string): GuestBeat | null {
  const text = line.replace(/\r$/, '');
  const ok = OK.exec(text);
  if (ok !== null) {
    const awaySeconds = ok[1] === undefined ? null : Number(ok[1]);
    return awaySeconds !== null && awaySeconds > MOST_AWAY_S ? null : { state: 'ok', awaySeconds };
  }
  const failed = FAILED.exec(text);
  return failed === null ? null : { state: 'failed', reason: failed[1] ?? '' };
}

/** For a VM whose definition lacks it: what to add. */
export const BEAT_CHANNEL_XML = `<channel type='unix'><target type='virtio' name='${BEAT_CHANNEL}'/></channel>`;
