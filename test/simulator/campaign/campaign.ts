import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SEEDS } from '../options.ts';
import type { GenerateOptions } from './generate.ts';
import { addTally, emptyTally, MOST_FAILURES_KEPT, type Tally } from './tally.ts';
import type { Piece, PieceDone } from './worker.ts';

export interface CampaignPlan {
  readonly worlds: number;
  readonly seed: number;
  readonly jobs: number;
  readonly options: GenerateOptions;
}

export interface CampaignResult {
  readonly tally: Tally;
  readonly elapsedMs: number;
  /** Memory of the worker that held most, in bytes: after its first piece, and the most after any later one. */
  readonly memory: { readonly firstBytes: number; readonly mostBytes: number };
}

/** Small enough that the progress line moves, large enough that messages cost nothing. */
const WORLDS_PER_PIECE = 100;
/** A piece takes seconds; a world that never ends must not hold the campaign for ever. */
const PIECE_DEADLINE_MS = 10 * 60_000;
/** Past this many failed worlds something general is wrong, and more of them tell nothing new. */
const STOP_AFTER_FAILED = 1000;

/**
 * Runs worlds of the seeds `seed`, `seed + 1` and so on in worker processes. A worker that dies or never answers is
 * told as a failure of its piece, with the piece's seeds.
 */
export async function runCampaign(
  plan: CampaignPlan,
  progress: (tally: Tally, elapsedMs: number) => void,
): Promise<CampaignResult> {
  const tally = emptyTally();
  const beganMs = performance.now();
  const memory = { firstBytes: 0, mostBytes: 0 };
  let given = 0;
  const nextPiece = (): Piece | null => {
    const count = Math.min(WORLDS_PER_PIECE, plan.worlds - given);
    if (count <= 0 || tally.failedWorlds >= STOP_AFTER_FAILED) return null;
    const piece = { firstSeed: (plan.seed + given) % SEEDS, count, options: plan.options };
    given += count;
    return piece;
  };
  const work = async (): Promise<void> => {
    let firstBytes = 0;
    let worker: ChildProcess | null = null;
    try {
      for (let piece = nextPiece(); piece !== null; piece = nextPiece()) {
        worker ??= startWorker();
        const done = await runPiece(worker, piece);
        if (typeof done === 'string') {
          tell(tally, piece, done);
          worker.kill('SIGKILL');
          worker = null;
          continue;
        }
        addTally(tally, done.tally);
        firstBytes ||= done.residentBytes;
        memory.firstBytes = Math.max(memory.firstBytes, firstBytes);
        memory.mostBytes = Math.max(memory.mostBytes, done.residentBytes);
        progress(tally, performance.now() - beganMs);
      }
    } finally {
      worker?.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: plan.jobs }, work));
  return { tally, elapsedMs: performance.now() - beganMs, memory };
}

function startWorker(): ChildProcess {
  const script = fileURLToPath(new URL('worker.ts', import.meta.url));
  return fork(script, [], { serialization: 'advanced', execArgv: ['--disable-warning=ExperimentalWarning'] });
}

/** The piece's result, or in a sentence why there is none. */
function runPiece(worker: ChildProcess, piece: Piece): Promise<PieceDone | string> {
  return new Promise((resolve) => {
    const finish = (result: PieceDone | string): void => {
      clearTimeout(timer);
      worker.removeAllListeners();
      resolve(result);
    };
    const timer = setTimeout(() => finish('a world did not come to its end'), PIECE_DEADLINE_MS);
    worker.on('message', (done: PieceDone) => finish(done));
    worker.on('error', (error) => finish(`the worker failed: ${error.message}`));
    worker.on('exit', (code, signal) => finish(`the worker ended with ${signal ?? `status ${code}`}`));
    worker.send(piece);
  });
}

function tell(tally: Tally, { firstSeed, count }: Piece, what: string): void {
  tally.failedWorlds += 1;
  if (tally.failures.length >= MOST_FAILURES_KEPT) return;
  const detail = `${what}, among the ${count} worlds from seed ${firstSeed} on`;
  tally.failures.push({ seed: firstSeed, invariant: 'worker', at: 0, detail });
}
