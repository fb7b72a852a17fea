import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { freshBoot, type DemoHostPlan } from './demoFiles.ts';
import { kill, killMarked, MARK } from './markedProcesses.ts';

/**
 * A demo host is one process group, led by this shell. It starts keeper and agent as systemd would (again after a
 * crash, not after exit code 42, which is a clean leave), then waits for its standard input to end. That is a pipe
 * from the app: when the app is gone, however it went, the pipe closes and the whole group kills itself.
 */
const LEADER = `
trap '' HUP INT TERM
keep() { while :; do "$@"; [ $? -eq 42 ] && return; sleep 1; done; }
keep "$NODE" "$AGENT" keeper --root "$ROOT" </dev/null &
keep "$NODE" "$AGENT" agent --root "$ROOT" </dev/null &
read -r ignored
kill -KILL 0
`;
/** What the processes of one host print is kept this far, for when something is wrong with the demo itself. */
const KEPT_OUTPUT_CHARS = 16_384;
/** A host that its watchdog has reset boots again, as a machine does. */
const REBOOT_AFTER_MS = 5_000;

export interface DemoHostOptions {
  readonly plan: DemoHostPlan;
  /** Node 24 and the bundled agent script. */
  readonly node: string;
  readonly agent: string;
  readonly onChange: () => void;
}

/** One host of the demo group: its processes, and its plug. */
export class DemoHost {
  readonly plan: DemoHostPlan;
  readonly #options: DemoHostOptions;
  #leader: ChildProcess | null = null;
  #reboot: NodeJS.Timeout | null = null;
  #output = '';

  constructor(options: DemoHostOptions) {
    this.plan = options.plan;
    this.#options = options;
  }

  get power(): 'on' | 'off' {
    return this.#leader === null ? 'off' : 'on';
  }

  /** The last that its processes printed. */
  get output(): string {
    return this.#output;
  }

  powerOn(): void {
    if (this.#leader !== null) return;
    this.#cancelReboot();
    freshBoot(this.plan);
    const { root } = this.plan;
    const { node: NODE, agent: AGENT } = this.#options;
    const { PATH } = process.env;
    const leader = spawn('sh', ['-c', LEADER, 'understudy-demo-host'], {
      cwd: root,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH, NODE, AGENT, ROOT: root, [MARK]: root },
    });
    this.#leader = leader;
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString('utf8')).slice(-KEPT_OUTPUT_CHARS);
    };
    leader.stdout.on('data', keep);
    leader.stderr.on('data', keep);
    leader.stdin.on('error', () => undefined);
    leader.on('error', (fault) => {
      keep(Buffer.from(`${fault.message}\n`));
      this.#ended(leader);
    });
    leader.on('exit', () => this.#ended(leader));
    this.#options.onChange();
  }

  /** Kills everything at once. Nothing of the host gets to write, flush or say goodbye. */
  pullPlug(): void {
    this.#cancelReboot();
    const leader = this.#leader;
    this.#leader = null;
    if (leader?.pid !== undefined) kill(-leader.pid);
    killMarked(this.plan.root);
    leader?.stdin?.destroy();
    this.#options.onChange();
  }

  /** A byte stream to its agent's control socket. */
  open(): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.plan.agentSocket);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  /** It ended without the plug: its watchdog has reset it, and it boots again. */
  #ended(leader: ChildProcess): void {
    if (this.#leader !== leader) return;
    this.#leader = null;
    killMarked(this.plan.root);
    this.#reboot = setTimeout(() => this.powerOn(), REBOOT_AFTER_MS);
    this.#options.onChange();
  }

  #cancelReboot(): void {
    if (this.#reboot !== null) clearTimeout(this.#reboot);
    this.#reboot = null;
  }
}
