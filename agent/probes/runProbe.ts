import type { ProbeAnswer } from '../core/health/state.ts';
import { MAX_ANSWER_CHARS, type Probe } from '../protocol/health.ts';
import { type GuestAgent, HypervisorError } from '../hypervisor/hypervisor.ts';
import type { HeardBeat } from '../hypervisor/guestBeats.ts';
import { httpProbe } from './httpProbe.ts';
import { tcpProbe } from './tcpProbe.ts';
import { Turns } from './turns.ts';

/** Each call to a silent guest agent holds one of libvirt's workers, of which it has 20: most must stay free. */
const MAX_AGENT_CALLS = 4;
const MAX_NETWORK_PROBES = 32;
/** Waiting for a beat holds nothing: all may at once. */
const MAX_BEATS = 128;
/** One for each level of each VM that a group may have; more can't be asked for. */
const MAX_WAITING = 128;

/** Asks guests. Answers always, by the deadline at the latest from when its turn has come, and never throws. */
export class Prober {
  readonly #guests: GuestAgent;
  readonly #agentTurns = new Turns(MAX_AGENT_CALLS, MAX_WAITING);
  readonly #networkTurns = new Turns(MAX_NETWORK_PROBES, MAX_WAITING);

  readonly #beatTurns = new Turns(MAX_BEATS, MAX_WAITING);

  constructor(guests: GuestAgent) {
    this.#guests = guests;
  }

  async probe(vm: string, probe: Probe, deadlineMs: number): Promise<ProbeAnswer> {
    const answer = await this.#turnsOf(probe).take(deadlineMs, (leftMs) => this.#ask(vm, probe, leftMs));
    return { ...answer, text: printable(answer.text) };
  }

  #turnsOf({ kind }: Probe): Turns {
    if (kind === 'heartbeat') return this.#beatTurns;
    return kind === 'agent' || kind === 'exec' ? this.#agentTurns : this.#networkTurns;
  }

  async #ask(vm: string, probe: Probe, deadlineMs: number): Promise<ProbeAnswer> {
    try {
      switch (probe.kind) {
        case 'tcp':
          return await tcpProbe(probe.address, probe.port, deadlineMs);
        case 'http':
          return await httpProbe(probe, deadlineMs);
        case 'agent':
          await this.#guests.guestPing(vm, deadlineMs);
          return { outcome: 'well', text: 'the guest agent answers' };
        case 'heartbeat':
          return beatAnswer(await this.#guests.guestBeat(vm, deadlineMs));
        case 'exec': {
          const status = await this.#guests.guestRun(vm, probe.path, probe.args, deadlineMs);
          const text = `${probe.path} ended with status ${status}`;
          return { outcome: status === 0 ? 'well' : 'failed', text };
        }
      }
    } catch (error) {
      const isAsked =
        !(error instanceof HypervisorError) || error.failure.code !== 'hypervisor.guest-not-asked';
      const text = error instanceof Error ? error.message : 'no answer';
      return { outcome: isAsked ? 'silent' : 'skipped', text };
    }
  }
}

function beatAnswer({ beat, atMs }: HeardBeat): ProbeAnswer {
  if (beat.state === 'failed') return { outcome: 'failed', text: `the guest says: ${beat.reason}` };
  const well = { outcome: 'well', text: 'the guest beats' } as const;
  if (beat.awaySeconds === null) return well;
  return { ...well, awayMs: Math.max(0, beat.awaySeconds * 1000 - (performance.now() - atMs)) };
}

/** It may come from inside a guest: it is shown and logged, so it is one short line. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, MAX_ANSWER_CHARS);
