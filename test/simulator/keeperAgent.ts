import type { HolderNote } from '../../agent/protocol/store.ts';
import type { KeeperView } from '../../agent/protocol/keeperLink.ts';
import type { SimHost } from './keeperHost.ts';
import type { KeeperWorld } from './keeperWorld.ts';
import { startThroughHook } from './keeperLibvirt.ts';

const PATIENCE_MS = 5000;

export function runningNote(generation: number): HolderNote {
  return {
    generation,
    desired: 'running',
    released: false,
    releasedTo: null,
    notTakeable: false,
    reason: null,
    restarts: 0,
    failedOn: [],
    definition: null,
  };
}

/** The least an agent does: takes free tokens, starts what it holds, starts again what died. No policy. */
export class SimAgent {
  private readonly host: SimHost;
  private readonly world: KeeperWorld;
  private busyUntilMs = new Map<number, number>();

  constructor(world: KeeperWorld, host: SimHost) {
    this.world = world;
    this.host = host;
  }

  restart(): void {
    this.busyUntilMs.clear();
  }

  onView(view: KeeperView): void {
    if (view.phase !== 'alive') {
      return;
    }
    const { host } = this;
    for (const entry of view.config?.vms ?? []) {
      const token = view.tokens.find((one) => one.token === entry.token);
      if (token === undefined || (this.busyUntilMs.get(entry.token) ?? 0) > host.nowMs) {
        continue;
      }
      const here = this.world.guests.on(host.slot).find((guest) => guest.vm === entry.vm);
      if (token.mine && token.note?.desired !== 'stopped' && here === undefined) {
        this.busy(entry.token);
        this.startVm(entry.token, entry.vm, token.generation);
      } else if (!token.mine && token.free && (token.generation > 0 || entry.hosts[0] === host.slot)) {
        this.busy(entry.token);
        this.acquire(entry.token);
      }
    }
  }

  private busy(token: number, forMs = PATIENCE_MS): void {
    this.busyUntilMs.set(token, this.host.nowMs + forMs);
  }

  private acquire(token: number): void {
    this.host.ask({ kind: 'acquire', token, note: runningNote(0) }, () => {
      this.busy(token, this.world.random.between(0, 400));
    });
  }

  private startVm(token: number, vm: string, generation: number): void {
    const { host } = this;
    host.ask({ kind: 'beginStart', token, generation }, (line) => {
      if (line.kind === 'refused') {
        this.busy(token, 200);
        return;
      }
      startThroughHook(host, vm, generation, (pid) => this.resume(token, generation, pid));
    });
  }

  private resume(token: number, generation: number, pid: number | null): void {
    const { host, world } = this;
    const end = (outcome: 'running' | 'failed') => {
      host.ask({ kind: 'endStart', token, outcome }, () => this.busy(token, 100));
    };
    if (pid === null) {
      end('failed');
      return;
    }
    const guest = world.guests.on(host.slot).find((one) => one.pid === pid);
    host.ask({ kind: 'mayContinue', token, generation }, (line) => {
      if (guest === undefined || line.kind === 'refused') {
        if (guest !== undefined) {
          world.guests.kill(guest);
        }
        end('failed');
        return;
      }
      world.guests.resume(guest);
      end('running');
    });
  }
}
