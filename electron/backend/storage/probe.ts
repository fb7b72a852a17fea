import * as z from 'zod';
import { GroupConfig } from '../../../agent/protocol/group.ts';
import { AreaHeader } from '../../../agent/protocol/store.ts';
import { readTolerantly } from '../../../agent/protocol/tolerant.ts';
import { asFailure, excerpt, fail } from '../failures.ts';
import type { HostSession } from '../ssh/session.ts';

/** Runs one of the agent's probes on a host: only the agent's own process can do direct I/O there. */
const script = 'exec /opt/understudy/current/node /opt/understudy/current/agent.cjs "$1"';

const Refusal = z.object({ ok: z.literal(false), errno: z.string().nullable(), message: z.string() });

const AreaState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('absent'), freeBytes: z.number() }),
  z.object({ kind: z.literal('blank'), begun: z.boolean() }),
  z.object({
    kind: z.literal('area'),
    header: AreaHeader,
    config: z.union([GroupConfig, z.null()]).default(null),
  }),
  z.object({ kind: z.literal('newer'), version: z.number() }),
  z.object({ kind: z.literal('foreign'), why: z.string() }),
]);
export type AreaState = z.infer<typeof AreaState>;

const ok = z.literal(true);
const answers = {
  place: z.object({ ok, fileSystemType: z.number() }),
  look: z.object({ ok, nonce: z.string().nullable(), absent: z.boolean() }),
  latency: z.object({ ok, timesMs: z.array(z.number()).min(1).max(2000) }),
  remove: z.object({ ok, removed: z.boolean() }),
  wipe: z.object({ ok, wiped: z.boolean() }),
  inspect: z.object({ ok, area: AreaState }),
  format: z.object({ ok, formatted: z.boolean(), area: AreaState }),
  listen: z.object({ ok, heard: z.boolean(), roundTripMs: z.number().nullable() }),
  send: z.object({ ok, heard: z.boolean(), roundTripMs: z.number().nullable() }),
};
type Action = keyof typeof answers;
type Answer<A extends Action> = z.infer<(typeof answers)[A]>;

/** A store that answers nothing for this long is hung: hard NFS mounts wait for ever. */
const PROBE_DEADLINE_MS = 15_000;
/** Those that do more: 200 writes, and 40 MiB written through. */
const longer: Partial<Record<Action, number>> = { latency: 30_000, format: 60_000 };

/**
 * Sends one request to a probe and validates the answer. Throws a FailureError: `store.hangs` at the deadline, a
 * failure by errno when the system refused, and nothing else is changed.
 */
export async function probe<A extends Action>(
  session: HostSession,
  action: A,
  request: Readonly<Record<string, unknown>>,
): Promise<Answer<A>> {
  const role = action === 'listen' || action === 'send' ? 'net-probe' : 'store-probe';
  const where = typeof request['path'] === 'string' ? request['path'] : '';
  const deadlineMs = longer[action] ?? PROBE_DEADLINE_MS;
  const run = session.runAsRoot({
    what: `the probe "${action}"`,
    script,
    args: [role],
    stdin: JSON.stringify({ action, ...request }),
    deadlineMs,
  });
  const result = await run.catch((fault: unknown) => {
    // A process that hangs in the kernel can't even be killed on the host: then our own deadline ends the wait.
    throw asFailure(fault).code === 'ssh.deadline' ? hangs(session.hostName, where, deadlineMs) : fault;
  });
  if (result.exitCode === 124 || result.exitCode === 137) throw hangs(session.hostName, where, deadlineMs);
  const refusal = Refusal.safeParse(parse(result.stdout));
  if (refusal.success) throw refused(session.hostName, where, refusal.data);
  // An agent that is newer may say more; what this version needs is checked as ever.
  const answer = readTolerantly<unknown>(answers[action], parse(result.stdout));
  if (result.exitCode === 0 && answer.success) return answer.data as Answer<A>;
  throw fail({
    code: 'install.probe-failed',
    message: `On ${session.hostName}, the agent's probe "${action}" gave no answer: ${excerpt(result.stderr) || 'no message'}`,
    fix: 'Install the agent on that host first (install), or install it again.',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function hangs(host: string, path: string, deadlineMs: number): Error {
  return fail({
    code: 'store.hangs',
    message: `On ${host}, ${path} did not answer within ${deadlineMs / 1000} s.`,
    meaning: 'A store that hangs can not carry leases.',
    fix: 'Check the storage server and the mount on that host.',
  });
}

const byErrno: Readonly<Record<string, { code: string; says: string; fix?: string }>> = {
  EINVAL: {
    code: 'store.no-direct-io',
    says: 'does not take direct I/O (O_DIRECT)',
    fix: 'Use a file system with direct I/O: NFS 3 or 4, GFS2, OCFS2, GlusterFS, CephFS, or a block device.',
  },
  ENOENT: {
    code: 'store.folder-missing',
    says: 'is not there',
    fix: 'Mount the store on that host, at the same path.',
  },
  ENOTDIR: { code: 'store.folder-missing', says: 'is not a folder' },
  ENXIO: { code: 'store.folder-missing', says: 'is not a device that can be opened' },
  EROFS: { code: 'store.not-writable', says: 'is mounted read-only', fix: 'Mount it read-write.' },
  EACCES: {
    code: 'store.not-writable',
    says: 'may not be written by root there',
    fix: 'Export it with no_root_squash, as QEMU also needs.',
  },
  EPERM: { code: 'store.not-writable', says: 'may not be written by root there' },
  ENOSPC: { code: 'store.full', says: 'is full', fix: 'Free some space on the store.' },
  EDQUOT: { code: 'store.full', says: 'is over its quota' },
  EIO: { code: 'store.io-error', says: 'has I/O errors', fix: 'Check the storage server and the way to it.' },
  ESTALE: { code: 'store.io-error', says: 'has a stale handle', fix: 'Mount it again on that host.' },
  ELOOP: { code: 'store.is-link', says: 'is a symbolic link', fix: 'Name the place itself.' },
};

function refused(host: string, path: string, refusal: z.infer<typeof Refusal>): Error {
  const known = byErrno[refusal.errno ?? ''];
  return fail({
    code: known?.code ?? 'store.probe-refused',
    message: `On ${host}, ${path === '' ? 'the probe' : path} ${known?.says ?? 'could not be used'}: ${excerpt(refusal.message)}`,
    ...(known?.fix === undefined ? {} : { fix: known.fix }),
  });
}
