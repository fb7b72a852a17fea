import { availableParallelism } from 'node:os';
import { runSimulator } from './commands.ts';
import type { Terminal } from './terminal.ts';

/**
 * What `npm test simulator` runs. Its campaign is the same each time, so that it says whether a change has broken
 * something; UNDERSTUDY_CAMPAIGN=WORLDS[,SEED] plays another one, with a new seed unless one is named.
 */
const WORLDS = '700';
const SEED = '700110';
const MOST_JOBS = 8;
const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  lively: false,
};

function campaignFlags(): readonly string[] {
  const wanted = process.env['UNDERSTUDY_CAMPAIGN'] ?? `${WORLDS},${SEED}`;
  const [worlds = '', seed] = wanted.split(',');
  const jobs = `${Math.min(availableParallelism(), MOST_JOBS)}`;
  return ['--campaign', worlds, ...(seed === undefined ? [] : ['--seed', seed]), '--jobs', jobs];
}

const failed: string[] = [];
for (const part of [['--scenarios'], ['--exhaustive'], campaignFlags()]) {
  const beganMs = performance.now();
  process.stdout.write(`\n== simulate ${part.join(' ')}\n`);
  if ((await runSimulator(part, terminal)) !== 0) failed.push(part[0] ?? '');
  process.stdout.write(`== ${((performance.now() - beganMs) / 1000).toFixed(0)} s\n`);
}
if (failed.length > 0) process.stdout.write(`FAILED: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
