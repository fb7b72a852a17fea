import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Growth } from './counters.ts';
import { type Figure, wholeIn } from './reading.ts';
import { namesIn, textOf } from './sysfs.ts';

const NETWORK_DEVICES = '/sys/class/net';
const WITHIN_MS = 600_000;
/** Fewer damaged packets in ten minutes than these say nothing, whatever share they are. */
const LEAST_ERRORS = 10;
/**
 * A link within its standard damages less than one packet in a million (bit error rate 1e-10 or better). One in ten thousand
 * is felt by TCP; one in a hundred makes it crawl.
 */
const WORRYING_SHARE = 1e-4;
const FAILING_SHARE = 1e-2;

/** Damaged packets of the host's own cards. */
export class LinkErrors {
  readonly #errors = new Growth(WITHIN_MS);
  readonly #packets = new Growth(WITHIN_MS);
  readonly #root: string;

  constructor(root = NETWORK_DEVICES) {
    this.#root = root;
  }

  async read(nowMs: number): Promise<readonly Figure[]> {
    const errors = new Map<string, number>();
    const packets = new Map<string, number>();
    for (const name of await namesIn(this.#root)) {
      if (!(await isThere(join(this.#root, name, 'device')))) continue;
      const sum = async (kind: 'errors' | 'packets'): Promise<number | null> => {
        const counts = await Promise.all(
          ['rx', 'tx'].map((way) => textOf(join(this.#root, name, 'statistics', `${way}_${kind}`))),
        );
        const [rx = null, tx = null] = counts.map(wholeIn);
        return rx === null || tx === null ? null : rx + tx;
      };
      const [bad, all] = [await sum('errors'), await sum('packets')];
      if (bad === null || all === null) continue;
      errors.set(name, bad);
      packets.set(name, all);
    }
    const [bad, all] = [this.#errors.note(errors, nowMs), this.#packets.note(packets, nowMs)];
    return [...errors.keys()].map((name) => figure(name, bad.get(name) ?? 0, all.get(name) ?? 0));
  }
}

function figure(name: string, bad: number, all: number): Figure {
  const share = bad / Math.max(1, bad + all);
  const level =
    bad < LEAST_ERRORS || share < WORRYING_SHARE ? 'fine' : share >= FAILING_SHARE ? 'failing' : 'worrying';
  return { level, evidence: `${name}: ${bad} damaged of ${bad + all} packets in ten minutes` };
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
