import { join } from 'node:path';
import { runConsole } from '../../../electron/console/cli.ts';
import type { Lab, LabHost } from '../lab.ts';
import { sourceDir } from '../layout.ts';

/** One answer of the console with --json. */
export interface Answer {
  readonly exitCode: number;
  /** The failure's code; null when it succeeded. */
  readonly code: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LabConsole {
  run(...args: readonly string[]): Promise<Answer>;
  /** Like `run`; a refusal is an error with its whole text. */
  must(...args: readonly string[]): Promise<Answer>;
  /** Adds a host with the key that its own console shows. */
  add(host: LabHost, user: string, name?: string): Promise<Answer>;
}

/** Stored nowhere but in the variable that the console is told to read. */
const passwordVariable = 'LAB_PASSWORD';

/** The console in this process, with an inventory of its own. */
export function openConsole(lab: Lab, inventory: string): LabConsole {
  const run: LabConsole['run'] = async (...args) => {
    let out = '';
    const exitCode = await runConsole([...args, '--json', '--inventory', inventory], {
      env: { ...process.env, [passwordVariable]: lab.password },
      input: (async function* none() {})(),
      root: join(sourceDir, '..', '..'),
      out: (text) => (out += text),
      error: () => undefined,
    });
    const data = JSON.parse(out) as Record<string, unknown> & { failure?: { code: string } };
    return { exitCode, code: data.failure?.code ?? null, data };
  };
  const must: LabConsole['must'] = async (...args) => {
    const answer = await run(...args);
    if (answer.exitCode !== 0) throw new Error(`console ${args.join(' ')}: ${JSON.stringify(answer.data)}`);
    return answer;
  };
  return {
    run,
    must,
    async add(host, user, name = host.name) {
      const login =
        user === 'admin'
          ? ['--key', lab.sshKey, '--sudo-password-env', passwordVariable]
          : ['--key', lab.sshKey];
      const accept = ['--accept-key', await fingerprint(host)];
      return run('hosts', 'add', name, host.address, '--user', user, ...login, ...accept);
    },
  };
}

async function fingerprint(host: LabHost): Promise<string> {
  const print = await host.must('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
  return print.split(' ')[1] ?? '';
}

/**
 * Everything on a host that an installation could leave behind: names, modes, owners and links of files, groups with their
 * members, and the state of units.
 */
export function snapshot(host: LabHost): Promise<string> {
  return host.must(`find /etc /opt /usr/local /var/lib -xdev \\( -path '/var/lib/systemd/*' -o -path '/var/lib/libvirt/*' \\) -prune \
    -o -printf '%p %m %u %g %l\\n' | sort; sort /etc/group /etc/passwd
    systemctl list-unit-files --no-legend | grep -E 'understudy|sleep|suspend|hibern'`);
}
