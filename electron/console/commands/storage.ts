import { gatherFacts } from '../../backend/facts/facts.ts';
import { asyncExports, findStores, folderProblems } from '../../backend/storage/find.ts';
import { type Latency, measureLatency, recommendProfile } from '../../backend/storage/latency.ts';
import { proveSharing } from '../../backend/storage/prove.ts';
import { fail } from '../../backend/failures.ts';
import { requireAreaPlace } from '../../backend/group/area.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { withHosts } from './sessions.ts';

export const storageCommands: readonly Command[] = [
  {
    words: 'storage find',
    usage: 'storage find HOST HOST...',
    summary: 'List the places that all hosts have in common.',
    options: {},
    run: find,
  },
  {
    words: 'storage prove',
    usage: 'storage prove PATH HOST HOST... [--device]',
    summary: 'Prove that a place is shared, write from each, read on all; measure its latency.',
    options: { device: { type: 'boolean' } },
    run: prove,
  },
];

async function find(args: Arguments, context: Context): Promise<Outcome> {
  const { stores, exports } = await withHosts(args.atLeastOne('HOST'), context, async (hosts) => {
    const facts = await Promise.all(hosts.map(({ session }) => gatherFacts(session)));
    return { stores: findStores(facts), exports: asyncExports(facts) };
  });
  const lines = stores.map((store) => {
    const problems = store.problems.map((problem) => `\n    ${problem.message}`).join('');
    return `${store.path}  ${store.kind}, ${store.fileSystem}${store.source === null ? '' : `, ${store.source}`}${problems}`;
  });
  const warnings = exports.map((failure) => failure.message);
  const text = lines.length === 0 ? 'The hosts have no place in common.' : [...lines, ...warnings].join('\n');
  return { text: `${text}\n`, data: { stores, exports } };
}

async function prove(args: Arguments, context: Context): Promise<Outcome> {
  const [path = '', ...names] = args.atLeastOne('PATH');
  if (names.length < 2) throw args.wrong('a proof needs two hosts at least', 'HOST');
  if (!/^\/[^\0]{1,3900}$/.test(path)) throw args.wrong('PATH must be absolute', 'PATH');
  const kind = args.flag('device') ? 'device' : 'folder';
  const { proof, latencies } = await withHosts(names, context, async (hosts) => {
    const sessions = hosts.map(({ session }) => session);
    const facts = await Promise.all(sessions.map(gatherFacts));
    const [problem] = kind === 'folder' ? folderProblems(path, facts) : [];
    if (problem !== undefined) throw fail(problem);
    if (kind === 'device') await requireAreaPlace(sessions, path, null);
    const proven = await proveSharing(sessions, { kind, path });
    const measured: Latency[] = [];
    for (const session of sessions) measured.push(await measureLatency(session, { kind, path }));
    return { proof: proven, latencies: measured };
  });
  const profile = recommendProfile(latencies);
  const lines = [
    ...proof.seen.map(({ writer, reader }) => `${reader} sees at once what ${writer} writes.`),
    ...latencies.map(latencyLine),
    `Recommended profile: ${profile ?? 'none, too slow'}.`,
  ];
  return { text: `${lines.join('\n')}\n`, data: { proof, latencies, profile } };
}

export function latencyLine(latency: Latency): string {
  return `${latency.host}: ${latency.writes} writes of 4 KiB, half within ${latency.p50Ms} ms, 99 % within ${latency.p99Ms} ms, longest ${latency.maxMs} ms.`;
}
