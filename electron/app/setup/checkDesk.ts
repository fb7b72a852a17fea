import { type Check, idOfLine, lineKey, skipped } from '../../backend/checks/check.ts';
import { runChecks } from '../../backend/checks/checks.ts';
import { type CheckOptions, networkLines } from '../../backend/checks/gather.ts';
import { applyFix, fixFor } from '../../backend/checks/fixes.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { gatherFacts, type HostFacts } from '../../backend/facts/facts.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { CheckReport } from '../../ipc/setup/workViews.ts';
import { checkLine, type Line } from './checkLine.ts';
import type { HostAccess } from './hostAccess.ts';

/** What a report is about. */
export interface Scope {
  /** null: the set-up that is open. */
  readonly groupId: string | null;
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  readonly options: CheckOptions;
  /** What the agents hear of each other; null: there are none yet, and datagrams are sent for the check. */
  readonly heardLinks: (() => readonly Check[]) | null;
}

interface Report {
  scope: Scope;
  lines: ReadonlyMap<string, Line>;
  facts: ReadonlyMap<string, HostFacts>;
  accepted: ReadonlySet<string>;
  running: ReadonlySet<string> | 'all' | null;
  startedAt: number | null;
  finishedAt: number | null;
  nextAt: number | null;
  failures: readonly { readonly host: string; readonly failure: Failure }[];
}

const DAY_MS = 86_400_000;

interface Options {
  readonly access: HostAccess;
  readonly changed: () => void;
  readonly onFacts: (facts: HostFacts) => void;
}

/** Validation reports: of the open set-up, and of each group, which are made again every day. */
export class CheckDesk {
  readonly #options: Options;
  readonly #reports = new Map<string | null, Report>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** `ask`: a person may be asked for secrets. Hosts that can't be read are named in the report. */
  async run(scope: Scope, ask: boolean): Promise<void> {
    const report = this.#begin(scope);
    if (report.running !== null) throw underWay();
    report.running = 'all';
    report.startedAt = Date.now();
    this.#options.changed();
    try {
      const read = await Promise.all(scope.hosts.map(({ name }) => this.#read(name, ask)));
      report.failures = read.flatMap((each) => ('failure' in each ? [each] : []));
      report.facts = new Map(
        read.flatMap((each) => ('facts' in each ? [[each.facts.name, each.facts]] : [])),
      );
      const checks = await this.#checks(report, ask);
      report.lines = new Map(checks.map((check) => [lineKey(check), { check, checkedAt: Date.now() }]));
    } finally {
      report.running = null;
      report.finishedAt = Date.now();
      report.nextAt = scope.groupId === null ? null : report.finishedAt + DAY_MS;
      this.#options.changed();
    }
  }

  /** Looks at one line again: only its host is read anew, or all where it is about all of them. */
  async runLine(scope: Scope, key: string): Promise<void> {
    const { report, line } = this.#line(scope.groupId, key);
    if (report.running !== null) throw underWay();
    report.scope = scope;
    report.running = new Set([key]);
    this.#options.changed();
    try {
      const { host, group } = line.check;
      const names = host === null || group === 'network' ? scope.hosts.map(({ name }) => name) : [host];
      const read = await Promise.all(names.map((name) => this.#read(name, true)));
      const refused = read.find((each) => 'failure' in each);
      if (refused !== undefined && 'failure' in refused) throw fail(refused.failure);
      const fresh = read.flatMap((each) => ('facts' in each ? [[each.facts.name, each.facts] as const] : []));
      report.facts = new Map([...report.facts, ...fresh]);
      const checks =
        group === 'network'
          ? await this.#network(report, true)
          : runChecks(this.#facts(report), scope.options.watchdogs);
      const lines = new Map(report.lines);
      lines.delete(key);
      // Datagrams went over every link: what they showed of the others is as new.
      const isNew = (check: Check): boolean => group === 'network' || lineKey(check) === key;
      for (const check of checks.filter(isNew)) lines.set(lineKey(check), { check, checkedAt: Date.now() });
      report.lines = inOrder(lines, report.lines);
    } finally {
      report.running = null;
      this.#options.changed();
    }
  }

  /** Makes the fix of a line as it stands now, then looks at the line again. Throws a FailureError. */
  async fix(scope: Scope, key: string, fixId: string): Promise<void> {
    const { line } = this.#line(scope.groupId, key);
    const fix = fixFor(line.check, scope.options.port);
    if (fix === null || fix.id !== fixId) {
      throw fail({
        code: 'check.fix-gone',
        message: 'This line has no such fix any more.',
        fix: 'Look at it again.',
        field: 'fix',
      });
    }
    const { host } = line.check;
    const names = fix.on === 'all' || host === null ? scope.hosts.map(({ name }) => name) : [host];
    await this.#options.access.onAll(names, true, (sessions) => applyFix(sessions, fix));
    await this.runLine(scope, key);
  }

  accept(groupId: string | null, key: string, on: boolean): void {
    const { report, line } = this.#line(groupId, key);
    if (on && line.check.acceptable !== true) {
      throw fail({
        code: 'check.not-acceptable',
        message: `"${line.check.title}" can't be taken on: nothing would work without it.`,
        field: 'line',
      });
    }
    const accepted = new Set(report.accepted);
    if (on) accepted.add(key);
    else accepted.delete(key);
    report.accepted = accepted;
    this.#options.changed();
  }

  /** Restores what was accepted before the app was closed. */
  setAccepted(groupId: string | null, keys: readonly string[]): void {
    const report = this.#reports.get(groupId);
    if (report !== undefined) report.accepted = new Set(keys);
  }
  accepted(groupId: string | null): ReadonlySet<string> {
    return this.#reports.get(groupId)?.accepted ?? new Set();
  }
  /** The same as the backend takes them: ids of checks, and codes of what was found. */
  acceptedIds(groupId: string | null): ReadonlySet<string> {
    const keys = [...this.accepted(groupId)];
    const lines = this.#reports.get(groupId)?.lines;
    const codes = keys.flatMap((key) => lines?.get(key)?.check.failure?.code ?? []);
    return new Set([...keys.map(idOfLine), ...codes]);
  }

  /** Makes an empty report, so that a page has one to show and to accept lines in. */
  open(scope: Scope, nextAt: number | null): void {
    const known = this.#reports.has(scope.groupId);
    const report = this.#begin(scope);
    if (!known) report.nextAt = nextAt;
  }
  forget(groupId: string | null): void {
    if (this.#reports.delete(groupId)) this.#options.changed();
  }

  /** Groups whose report is due now and not under way. */
  due(now: number): readonly string[] {
    return [...this.#reports.values()].flatMap(({ scope, nextAt, running }) =>
      scope.groupId !== null && nextAt !== null && nextAt <= now && running === null ? [scope.groupId] : [],
    );
  }

  checks(groupId: string | null): readonly (Check & { readonly accepted: boolean })[] {
    const report = this.#reports.get(groupId);
    return [...(report?.lines ?? [])].map(([key, { check }]) => ({
      ...check,
      accepted: report?.accepted.has(key) === true,
    }));
  }

  views(): readonly CheckReport[] {
    return [...this.#reports.values()].map((report) => this.#view(report));
  }
  viewOf(groupId: string | null): CheckReport | null {
    const report = this.#reports.get(groupId);
    return report === undefined ? null : this.#view(report);
  }

  #view(report: Report): CheckReport {
    const { scope, running, accepted } = report;
    const lines = [...report.lines].map(([key, line]) =>
      checkLine(key, line, {
        accepted: accepted.has(key),
        running: running === 'all' || running?.has(key) === true,
        port: scope.options.port,
      }),
    );
    const { startedAt, finishedAt, nextAt, failures } = report;
    return {
      groupId: scope.groupId,
      hosts: scope.hosts.map(({ name }) => name),
      lines,
      running: running === 'all',
      startedAt,
      finishedAt,
      nextAt,
      failures,
      blocking: lines.filter((line) => line.state === 'failed' && !line.accepted).length,
    };
  }

  #begin(scope: Scope): Report {
    const known = this.#reports.get(scope.groupId);
    if (known !== undefined) {
      known.scope = scope;
      return known;
    }
    const report: Report = {
      scope,
      lines: new Map(),
      facts: new Map(),
      accepted: new Set(),
      running: null,
      startedAt: null,
      finishedAt: null,
      nextAt: null,
      failures: [],
    };
    this.#reports.set(scope.groupId, report);
    return report;
  }

  async #read(
    name: string,
    ask: boolean,
  ): Promise<{ facts: HostFacts } | { host: string; failure: Failure }> {
    try {
      const facts = await this.#options.access.on(name, ask, gatherFacts);
      this.#options.onFacts(facts);
      return { facts };
    } catch (fault) {
      return { host: name, failure: asFailure(fault) };
    }
  }

  #facts(report: Report): readonly HostFacts[] {
    return report.scope.hosts.flatMap(({ name }) => report.facts.get(name) ?? []);
  }

  async #checks(report: Report, ask: boolean): Promise<readonly Check[]> {
    const checks = runChecks(this.#facts(report), report.scope.options.watchdogs);
    // A connection that is lost only now must not take the lines away that are known already.
    const network = await this.#network(report, ask).catch((fault: unknown) => [notSent(asFailure(fault))]);
    return [...checks, ...network];
  }

  async #network({ scope, facts }: Report, ask: boolean): Promise<readonly Check[]> {
    if (scope.heardLinks !== null) return scope.heardLinks();
    const hosts = scope.hosts.filter(({ name }) => facts.has(name));
    const names = hosts.map(({ name }) => name);
    return this.#options.access.onAll(names, ask, (sessions) =>
      networkLines(
        sessions.map((session, index) => ({ session, sshAddress: hosts[index]?.address ?? '' })),
        names.flatMap((name) => facts.get(name) ?? []),
        scope.options,
      ),
    );
  }

  #line(groupId: string | null, key: string): { report: Report; line: Line } {
    const report = this.#reports.get(groupId);
    const line = report?.lines.get(key);
    if (report !== undefined && line !== undefined) return { report, line };
    throw fail({ code: 'check.no-line', message: 'The report has no such line.', field: 'line' });
  }
}

/** A line that is looked at again stays where it stood. */
function inOrder(
  lines: ReadonlyMap<string, Line>,
  before: ReadonlyMap<string, Line>,
): ReadonlyMap<string, Line> {
  const place = [...before.keys()];
  const at = (key: string): number => (before.has(key) ? place.indexOf(key) : place.length);
  return new Map([...lines].toSorted(([a], [b]) => at(a) - at(b)));
}

const notSent = ({ message }: Failure): Check =>
  skipped(
    { id: 'network.udp', group: 'network', host: null, title: 'Heartbeats reach the other hosts' },
    message,
  );

const underWay = (): Error =>
  fail({
    code: 'setup.busy',
    message: 'These hosts are being checked already.',
    fix: 'Wait until it is done.',
  });
