import type { Accounts } from '../definitions/files.ts';
import type { Bundle } from '../definitions/bundle.ts';
import { drillNvram, placeDrillFiles, removeDrillFiles } from '../definitions/drillFiles.ts';
import type { Copied, Driller, DrillGuest } from '../hypervisor/driller.ts';
import { drillDefinition } from '../hypervisor/drillXml.ts';
import { HypervisorError, type ScreenPicture } from '../hypervisor/hypervisor.ts';
import { pause } from '../hypervisor/libvirtDrill.ts';
import type { Prober } from '../probes/runProbe.ts';
import type { DrillCheck, DrillReport, DrillStep } from '../protocol/drill.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import type { ProtectedVm } from '../protocol/group.ts';
import { mustAnswer, questionsFor, type Verdict, verdictOf } from './checks.ts';
import type { DrillStore } from './drillStore.ts';

const LOOK_EVERY_MS = 1000;
const ANSWER_WITHIN_MS = 4000;
const PICTURE_WITHIN_MS = 8000;
/** Ending the copy and deleting its files is tried this often before it is left to the next sweep. */
const END_TRIES = 5;
const END_AGAIN_MS = 2000;

export interface DrillTools {
  readonly driller: Driller;
  readonly store: DrillStore;
  readonly prober: Prober;
  readonly accounts: Accounts;
  readonly slot: number;
  readonly nowMs: () => number;
  readonly screenshot: (vm: string, deadlineMs: number) => Promise<ScreenPicture>;
  readonly bundle: (vm: string) => Bundle | null;
  readonly copyDisks: (vm: string, drill: string, signal: AbortSignal) => Promise<Copied>;
}

type Measured = Pick<DrillReport, 'copiedBytes' | 'copyMs' | 'bootMs' | 'wellMs' | 'checks'>;

/** What a drill brought; the picture is taken as long as there is something to see. */
export type DrillOutcome = Measured &
  Pick<DrillReport, 'result' | 'because'> & { readonly picture: ScreenPicture | null };

/** One drill, from the copying to the last file deleted. It ends by itself, or when its signal says why. */
export class Drill {
  readonly #tools: DrillTools;
  readonly #vm: ProtectedVm;
  readonly #uuid: string;
  readonly #signal: AbortSignal;
  readonly #onStep: (step: DrillStep) => void;
  #measured: Measured = { copiedBytes: null, copyMs: null, bootMs: null, wellMs: null, checks: [] };
  #picture: ScreenPicture | null = null;

  constructor(
    tools: DrillTools,
    drill: {
      readonly vm: ProtectedVm;
      readonly uuid: string;
      readonly signal: AbortSignal;
      readonly onStep: (step: DrillStep) => void;
    },
  ) {
    this.#tools = tools;
    this.#vm = drill.vm;
    this.#uuid = drill.uuid;
    this.#signal = drill.signal;
    this.#onStep = drill.onStep;
  }

  /** Never rejects. When it resolves nothing of the copy runs, or the next sweep has to see to it. */
  async run(): Promise<DrillOutcome> {
    const verdict = await this.#play().catch((error: unknown): DrillOutcome | Verdict => this.#failed(error));
    return { ...this.#measured, result: verdict.result, because: verdict.because, picture: this.#picture };
  }

  #failed(error: unknown): DrillOutcome | Verdict {
    const because = failureOf(this.#signal.aborted ? this.#signal.reason : error);
    const isOurs = !this.#signal.aborted && OF_THE_VM.has(because.code);
    return { ...this.#measured, result: isOurs ? 'failed' : 'broken-off', because, picture: this.#picture };
  }

  async #play(): Promise<Verdict> {
    const { driller, store, slot } = this.#tools;
    this.#onStep('preparing');
    await driller.endCopies();
    await store.clear(slot);
    try {
      const bundle = this.#tools.bundle(this.#vm.vm);
      if (bundle === null) {
        throw new FailureError({
          code: 'drill.no-definition',
          message: `This host has no copy of the definition of ${this.#vm.name} yet.`,
        });
      }
      const xml = await this.#copy(bundle);
      this.#signal.throwIfAborted();
      return await this.#boot(bundle, xml);
    } finally {
      await this.#clear();
    }
  }

  /** The copy's definition, once all its disks are there. */
  async #copy(bundle: Bundle): Promise<string> {
    this.#onStep('copying');
    const beganMs = this.#tools.nowMs();
    const { disks, bytes } = await this.#tools.copyDisks(this.#vm.vm, this.#uuid, this.#signal);
    this.#measured = { ...this.#measured, copiedBytes: bytes, copyMs: this.#tools.nowMs() - beganMs };
    const folder = `${this.#tools.store.root}/host-${this.#tools.slot}/${this.#uuid}/`;
    // Another host's word: a copy may only ever have files that lie in its own folder.
    const strange = disks.find(
      (disk) => !disk.path.startsWith(folder) || disk.path.slice(folder.length).includes('/'),
    );
    if (strange !== undefined) {
      throw new FailureError({
        code: 'drill.copy-elsewhere',
        message: `The other host copied ${strange.target} to ${strange.path}, which is not the folder of this drill.`,
        fix: 'Mount the store at the same place on all hosts.',
      });
    }
    try {
      return drillDefinition(bundle.xml, {
        uuid: this.#uuid,
        original: this.#vm.name,
        disks: new Map(disks.map(({ target, path }) => [target, path])),
        nvram: drillNvram(this.#uuid),
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new FailureError({ code: 'drill.not-copyable', message: `It can't be drilled: ${message}.` });
    }
  }

  async #boot(bundle: Bundle, xml: string): Promise<Verdict> {
    this.#onStep('starting');
    const { driller, accounts, nowMs } = this.#tools;
    await placeDrillFiles(bundle, this.#uuid, accounts);
    const beganMs = nowMs();
    const guest = await driller
      .boot({ uuid: this.#uuid, xml, signal: this.#signal })
      .catch((error: unknown) => {
        const { message } = failureOf(error);
        throw new FailureError({
          code: 'drill.not-started',
          message: `The copy could not be started: ${message}`.slice(0, 500),
        });
      });
    // At once, whatever is being waited for: the reason may be a VM that needs this host.
    const endNow = (): void => void guest.end().catch(() => {});
    this.#signal.addEventListener('abort', endNow, { once: true });
    try {
      this.#signal.throwIfAborted();
      this.#onStep('checking');
      const verdict = await this.#watch(guest, beganMs);
      this.#picture = await this.#tools.screenshot(this.#uuid, PICTURE_WITHIN_MS).catch(() => null);
      return verdict;
    } finally {
      this.#onStep('ending');
      this.#signal.removeEventListener('abort', endNow);
      await guest.end().catch(() => {});
    }
  }

  async #watch(guest: DrillGuest, beganMs: number): Promise<Verdict> {
    const { prober, nowMs, store } = this.#tools;
    const questions = questionsFor(this.#vm.policy);
    const answers = mustAnswer(this.#vm.policy);
    for (;;) {
      this.#signal.throwIfAborted();
      const ended = await guest.whyEnded();
      if (ended !== null) {
        throw new FailureError({ code: 'drill.ended', message: `The copy did not stay up: ${ended}.` });
      }
      await store.checkRoom(0);
      const checks: DrillCheck[] = [];
      for (const { text, probe } of questions) {
        this.#signal.throwIfAborted();
        checks.push(
          probe === null
            ? { probe: text, outcome: 'not-asked', text: 'the copy has no network' }
            : { probe: text, ...(await asked(prober, this.#uuid, probe)) },
        );
      }
      const ranMs = nowMs() - beganMs;
      if (checks[0]?.outcome === 'well' && this.#measured.bootMs === null) {
        this.#measured = { ...this.#measured, bootMs: ranMs };
      }
      this.#measured = { ...this.#measured, checks };
      const verdict = verdictOf({ checks, ranMs }, answers);
      if (verdict !== null) {
        if (verdict.result === 'passed') this.#measured = { ...this.#measured, wellMs: ranMs };
        return verdict;
      }
      await pause(LOOK_EVERY_MS, this.#signal);
    }
  }

  async #clear(): Promise<void> {
    this.#onStep('ending');
    // Files go only when nothing writes to them any more.
    await again(() => this.#tools.driller.endCopies());
    await again(() => removeDrillFiles(this.#uuid));
    await again(() => this.#tools.store.clear(this.#tools.slot));
  }
}

/** Failures that say something about the VM and this host; all others say that the drill was not held. */
const OF_THE_VM = new Set(['drill.not-started', 'drill.ended']);

async function asked(
  prober: Prober,
  uuid: string,
  probe: NonNullable<ReturnType<typeof questionsFor>[number]['probe']>,
): Promise<Pick<DrillCheck, 'outcome' | 'text'>> {
  const { outcome, text } = await prober.probe(uuid, probe, ANSWER_WITHIN_MS);
  return { outcome: outcome === 'skipped' ? 'silent' : outcome, text };
}

/** What can't be done now is left to the sweep before the next drill, and to that at the agent's start. */
async function again(act: () => Promise<void>): Promise<void> {
  const never = new AbortController().signal;
  for (let tries = 1; tries <= END_TRIES; tries += 1) {
    try {
      return await act();
    } catch {
      await pause(END_AGAIN_MS, never);
    }
  }
}

export function failureOf(error: unknown): Failure {
  if (error instanceof FailureError || error instanceof HypervisorError) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'drill.fault', message: message.slice(0, 500) || 'It failed.' };
}
