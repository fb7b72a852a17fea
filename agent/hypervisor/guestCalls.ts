import { HypervisorError } from './hypervisor.ts';

/** libvirt waits up to 30 s for its turn with a domain and some seconds for the agent; then it has answered. */
export const LIBVIRT_GIVES_UP_MS = 45_000;
/** A call that nobody waits for any more still holds one of libvirt's 20 workers: most must stay free. */
const MAX_OVERDUE = 8;

/**
 * Calls to the agents in guests. One that libvirt has not come back from by its deadline is answered for, but goes on holding a
 * worker of libvirt's: until it is back, no other call to that VM is begun. Otherwise a guest that hangs, asked each second, stops
 * libvirt for every VM of the host.
 */
export class GuestCalls {
  readonly #overdue = new Map<string, number>();

  /** Answers by the deadline, in ms, whatever becomes of `act`. */
  async within<Result>(vm: string, deadlineMs: number, act: () => Promise<Result>): Promise<Result> {
    if (this.#overdue.has(vm)) throw silent();
    if (this.#overdue.size >= MAX_OVERDUE) throw tooMany();
    const work = act();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), deadlineMs);
    });
    try {
      if ((await Promise.race([work, late])) === 'late') {
        this.#count(vm, 1);
        void work.then(
          () => this.#count(vm, -1),
          () => this.#count(vm, -1),
        );
        throw silent();
      }
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  #count(vm: string, more: number): void {
    const now = (this.#overdue.get(vm) ?? 0) + more;
    if (now > 0) this.#overdue.set(vm, now);
    else this.#overdue.delete(vm);
  }
}

const silent = (): Error => new Error('no answer in time');

const tooMany = (): HypervisorError =>
  new HypervisorError(
    {
      code: 'hypervisor.guest-not-asked',
      message: 'libvirt still waits for the agents of several other guests',
    },
    true,
  );
