import { connect, type Socket } from 'node:net';
import { type GuestBeat, MAX_BEAT_BYTES, parseBeat } from '../protocol/guestBeat.ts';
import { HypervisorError } from './hypervisor.ts';

/** Read at once, and at most so much in a second: a beat has some twenty bytes, and a guest may send without end. */
const READ_BYTES = 4096;
/** What a read costs beside its bytes, so that many tiny ones count as well. */
const READ_OVERHEAD_BYTES = 64;
const SECOND_MS = 1000;
/** One for each VM that a group may have, and some that have just left. */
const MAX_CHANNELS = 128;
/** A channel about which nobody has asked for so long, twice the longest interval of a probe, is closed. */
const UNASKED_MS = 7_200_000;
const NEWLINE = 10;

/** A beat, and when it came (`performance.now`). */
export interface HeardBeat {
  readonly beat: GuestBeat;
  readonly atMs: number;
}

/** What comes from a guest, as beats. What is none is dropped; of a line without an end only a beat's length is kept. */
export class BeatLines {
  #rest: Buffer = Buffer.alloc(0);
  #isTooLong = false;

  push(chunk: Buffer): readonly GuestBeat[] {
    const beats: GuestBeat[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end));
      const beat = this.#isTooLong ? null : parseBeat(this.#rest.toString('utf8'));
      if (beat !== null) beats.push(beat);
      this.#rest = Buffer.alloc(0);
      this.#isTooLong = false;
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
    return beats;
  }

  #keep(piece: Buffer): void {
    this.#isTooLong ||= this.#rest.length + piece.length > MAX_BEAT_BYTES;
    this.#rest = this.#isTooLong ? Buffer.alloc(0) : Buffer.concat([this.#rest, piece]);
  }
}

/** The newest counts; but that the guest is about to be away is not forgotten because it beats once more before it goes. */
function together(before: HeardBeat | null, now: HeardBeat): HeardBeat {
  const away = before?.beat.state === 'ok' ? before.beat.awaySeconds : null;
  if (before === null || away === null || now.beat.state !== 'ok' || now.beat.awaySeconds !== null)
    return now;
  const leftSeconds = Math.max(0, Math.ceil(away - (now.atMs - before.atMs) / 1000));
  return { ...now, beat: { state: 'ok', awaySeconds: leftSeconds } };
}

class Channel {
  readonly #socket: Socket;
  readonly #lines = new BeatLines();
  #latest: HeardBeat | null = null;
  #next = Promise.withResolvers<void>();
  #secondBeganMs = 0;
  #spentBytes = 0;
  #unasked: NodeJS.Timeout | undefined;

  constructor(path: string, closed: () => void) {
    const onread = {
      buffer: Buffer.alloc(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array) => {
        this.#take(Buffer.from(buffer.subarray(0, bytes)));
        return this.#mayReadOn(bytes);
      },
    };
    this.#socket = connect({ path, onread });
    this.#socket.unref();
    // An error is followed by the end, which is what counts.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      clearTimeout(this.#unasked);
      closed();
      this.#next.resolve();
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** The newest beat that was not given out; null: none came within the time, or the channel was closed. */
  async next(withinMs: number): Promise<HeardBeat | null> {
    clearTimeout(this.#unasked);
    this.#unasked = setTimeout(() => this.#socket.destroy(), UNASKED_MS).unref();
    if (this.#latest === null && this.isOpen) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs);
      });
      await Promise.race([this.#next.promise, late]);
      clearTimeout(timer);
    }
    const heard = this.#latest;
    this.#latest = null;
    return heard;
  }

  /** With too much in a second the rest waits in the socket, and then in the guest. */
  #mayReadOn(bytes: number): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#secondBeganMs >= SECOND_MS) {
      this.#secondBeganMs = nowMs;
      this.#spentBytes = 0;
    }
    this.#spentBytes += bytes + READ_OVERHEAD_BYTES;
    if (this.#spentBytes <= READ_BYTES) return true;
    setTimeout(() => this.#socket.resume(), SECOND_MS).unref();
    return false;
  }

  #take(chunk: Buffer): void {
    const beats = this.#lines.push(chunk);
    if (beats.length === 0) return;
    const atMs = performance.now();
    for (const beat of beats) this.#latest = together(this.#latest, { beat, atMs });
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }
}

/** Whether this host could listen says nothing of the guest. */
const notHeard = (message: string): HypervisorError =>
  new HypervisorError({ code: 'hypervisor.guest-not-asked', message }, true);

/**
 * Listens to what guests say by themselves. QEMU is the server of a channel's socket and takes one client at a time: it is
 * held open, opened again after a restart of the VM or of this agent, and closed by QEMU when the VM goes.
 */
export class GuestBeats {
  readonly #pathOf: (vm: string, deadlineMs: number) => Promise<string | null>;
  readonly #channels = new Map<string, Channel>();

  /** `pathOf`: the socket of the running VM's channel; null: its definition has none. */
  constructor(pathOf: (vm: string, deadlineMs: number) => Promise<string | null>) {
    this.#pathOf = pathOf;
  }

  /** The newest beat since the last call. Rejects when none comes within the deadline. */
  async next(vm: string, deadlineMs: number): Promise<HeardBeat> {
    const endsAt = performance.now() + deadlineMs;
    const channel = this.#channels.get(vm) ?? (await this.#open(vm, deadlineMs));
    const heard = await channel.next(Math.max(1, endsAt - performance.now()));
    if (heard !== null) return heard;
    if (channel.isOpen) throw new Error('no beat came in time');
    throw notHeard('its heartbeat channel was closed');
  }

  async #open(vm: string, deadlineMs: number): Promise<Channel> {
    if (this.#channels.size >= MAX_CHANNELS) throw notHeard('too many heartbeat channels are open');
    const path = await this.#pathOf(vm, deadlineMs);
    if (path === null) throw notHeard('the VM that runs has no heartbeat channel');
    const channel: Channel = new Channel(path, () => {
      if (this.#channels.get(vm) === channel) this.#channels.delete(vm);
    });
    this.#channels.set(vm, channel);
    return channel;
  }
}
