import { SEEDS } from '../options.ts';
import { runSeed } from './runSeed.ts';
import { emptyTally, type Tally } from './tally.ts';

import type { GenerateOptions } from './generate.ts';

/** A piece of the campaign for one worker: `count` worlds from `firstSeed` on. */
export interface Piece {
  readonly firstSeed: number;
  readonly count: number;
  readonly options: GenerateOptions;
}

export interface PieceDone {
  readonly tally: Tally;
  /** Memory that the process holds, and what of it is live, after the piece. */
  readonly residentBytes: number;
  readonly heapBytes: number;
}

process.on('message', (piece: Piece) => {
  const tally = emptyTally();
  for (let index = 0; index < piece.count; index += 1) {
    runSeed((piece.firstSeed + index) % SEEDS, piece.options, tally);
  }
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ tally, residentBytes: rss, heapBytes: heapUsed } satisfies PieceDone);
});
