import type { SwitchoverHow } from '../../../agent/protocol/group.ts';
import { join } from 'node:path';
import { FailureError } from '../../../agent/protocol/failure.ts';
import { type AskHost, saveAlerts, showAlerts, testAlerts } from '../../backend/notify/alerts.ts';
import type { CallName, Handlers } from '../../ipc/contract.ts';
import type { dailyInputs } from '../../ipc/daily/inputs.ts';
import type { IncidentStory } from '../../ipc/daily/views.ts';
import type { EventView, GroupView, VmView } from '../../ipc/views.ts';
import { type Part, Diagnostics } from '../diagnostics/diagnostics.ts';
import { diagnosticParts } from '../diagnostics/parts.ts';
import { saveDownload } from '../downloads.ts';
import type { OpenGroup } from '../openGroup.ts';
import { about } from './about.ts';
import { askedFor, begin, decide } from './asking.ts';
import { AwayWatch } from './awayWatch.ts';
import type { DailyHost } from './dailyHost.ts';
import { dailyGroup } from './dailyView.ts';
import { drillHandlers } from './drills.ts';
import { filtered, storiesCsv, storiesJson } from './exportStories.ts';
import { type GroupFacts, groupFacts } from './facts.ts';
import { pausePreview } from './pausePreview.ts';
import { changeSettings, settings } from './settings.ts';
import { stories } from './stories.ts';
import { againstLive } from './againstLive.ts';
import { switchOverPlan, withoutLive } from './switchOverPlan.ts';
import { timingChoices } from './timingChoices.ts';
import { UpdatesDesk } from './updatesDesk.ts';

export type DailyHandlers = Pick<Handlers, keyof typeof dailyInputs & CallName>;

const today = (): string => new Date().toISOString().slice(0, 10);

/** The pages of every day: what would happen, stories, maintenance, policies, settings. */
export class DailyApp {
  readonly handlers: DailyHandlers;
  readonly #host: DailyHost;
  readonly #away: AwayWatch;
  readonly #updates: UpdatesDesk<OpenGroup>;
  readonly #diagnostics = new Diagnostics();
  #stories: readonly IncidentStory[] = [];
  #hasNews = true;
  #publishedUpdates = '';

  constructor(host: DailyHost) {
    this.#host = host;
    this.#away = new AwayWatch({
      path: join(host.configFolder, 'seen.json'),
      nowMs: () => performance.now(),
      wallTime: () => new Date().toISOString(),
      onFault: (fault) => host.onFault(fault),
    });
    this.#updates = new UpdatesDesk({
      agentFolder: host.agentFolder,
      factsOf: (group) => this.#factsOf(group),
      onHost: (name, work) => host.onHost(name, work),
      changed: () => host.changed(),
    });
    this.handlers = {
      ...this.#vmHandlers(),
      ...drillHandlers((groupId) => host.group(groupId)),
      ...this.#pauseHandlers(),
      ...this.#alertHandlers(),
      ...this.#appHandlers(),
    };
    host.feeds.publish('daily.goTo', null);
    this.#publishSettings();
  }

  /** Events came in; the app has added those that are new to its log already. */
  heard(groupId: string, events: readonly EventView[], live: boolean): void {
    this.#away.heard(groupId, events, live);
    this.#hasNews = true;
  }

  /** The groups were looked at: at least once a second. */
  looked(views: readonly GroupView[]): void {
    const seen = views.filter(({ hosts }) => hosts.some(({ report }) => report?.fresh === true));
    this.#away.watching(seen.map(({ id }) => id));
    const { feeds } = this.#host;
    feeds.publish(
      'daily.groups',
      views.map((view) => dailyGroup(this.#factsOf(this.#host.group(view.id), view))),
    );
    const updates = this.#host.groups().map((group) => this.#updates.view(group));
    const text = JSON.stringify(updates);
    if (text !== this.#publishedUpdates) feeds.publish('updates.agents', updates);
    this.#publishedUpdates = text;
    if (this.#hasNews) this.#publishStories();
  }

  /** What a switchover to there would pause the VM for, for the run that follows it. */
  expectedPauseMs(group: OpenGroup, vm: VmView, to: string, isLive: boolean): number | null {
    try {
      const { live, shutDown } = switchOverPlan(this.#factsOf(group), vm, to, []);
      return (isLive ? live : shutDown).expectedPauseMs;
    } catch {
      return null;
    }
  }

  /** The group is no longer watched. What a demo group did is not told of later: it is gone with all its hosts. */
  closed(groupId: string, isDemo: boolean): void {
    this.#updates.closed(groupId);
    if (isDemo) this.#away.forget(groupId);
    this.#hasNews = true;
  }

  close(): void {
    this.#away.write();
  }

  #factsOf(group: OpenGroup, view: GroupView = group.view()): GroupFacts {
    return groupFacts(view, group.snapshots(), this.#host.events());
  }

  #parts(groupId: string | null): Part[] {
    const { appVersion, preferences } = this.#host;
    const groups = groupId === null ? this.#host.groups() : [this.#host.group(groupId)];
    const ids = new Set(groups.map(({ source }) => source.id));
    const told = this.#stories.filter((story) => ids.has(story.groupId));
    return diagnosticParts({
      appVersion,
      agentVersion: this.#updates.carried,
      preferences,
      groups,
      stories: told,
    });
  }

  #publishStories(): void {
    this.#hasNews = false;
    this.#stories = stories(this.#host.events(), this.#away.missed);
    this.#host.feeds.publish('incidents.recent', this.#stories);
    this.#host.feeds.publish('away.summary', this.#away.summary(this.#stories));
  }

  #publishSettings(): void {
    settings(this.#host).then(
      (value) => this.#host.feeds.publish('settings.values', value),
      (fault: unknown) => this.#host.onFault(fault),
    );
  }

  #vmHandlers() {
    const found = (groupId: string, vmId: string) => {
      const group = this.#host.group(groupId);
      return { group, vm: group.vm(vmId) };
    };
    return {
      'vm.setPolicy': async ({ groupId, vmId, policy }) => {
        const { group, vm } = found(groupId, vmId);
        await decide(group, 'vm.policy', { vm: vm.name, policy });
        return null;
      },
      'vm.start': async ({ groupId, vmId }) => {
        const { group, vm } = found(groupId, vmId);
        return begin(group, vm, 'vm.start');
      },
      'vm.stop': async ({ groupId, vmId }) => {
        const { group, vm } = found(groupId, vmId);
        return begin(group, vm, 'vm.stop');
      },
      'vm.unprotect': async ({ groupId, vmId }) => {
        const { group, vm } = found(groupId, vmId);
        await group.call(askedFor(group, vm), 'unprotect', { vm: vm.name });
        return null;
      },
      'vm.screenshot': async ({ groupId, vmId }) => {
        const { group, vm } = found(groupId, vmId);
        const host = 'host' in vm.place ? vm.place.host : askedFor(group, vm);
        const { png, width, height } = await group.call(host, 'vm.screenshot', { vm: vm.name });
        const takenAt = new Date().toISOString();
        return { dataUrl: `data:image/png;base64,${png}`, width, height, host, takenAt };
      },
      'switchOver.plan': async ({ groupId, vmId, to }) => {
        const { group, vm } = found(groupId, vmId);
        const { findings } = await group.call(askedFor(group, vm), 'checkVm', { vm: vm.name });
        const plan = switchOverPlan(this.#factsOf(group), vm, to, findings);
        if (plan.live.refused !== null) return plan;
        return withoutLive(plan, await againstLive(group, vm, plan.to));
      },
      'switchOver.stop': async ({ runId }) => {
        const run = this.#host.runs.run(runId);
        if (run === null) {
          const message = 'There is no such run any more.';
          throw new FailureError({ code: 'run.unknown', message, field: 'runId' });
        }
        const group = this.#host.group(run.groupId);
        const vm = group.vm(run.vmId);
        await group.call(vm.activity?.on ?? askedFor(group, vm), 'vm.cancel', { vm: vm.name });
        return null;
      },
    } satisfies Partial<DailyHandlers>;
  }

  #pauseHandlers() {
    const ask = async (...[groupId, method, params]: PauseAsk): Promise<null> => {
      await decide(this.#host.group(groupId), method, params);
      return null;
    };
    return {
      'maintenance.preview': async ({ groupId, scope, forMs }) =>
        pausePreview(this.#factsOf(this.#host.group(groupId)), scope, forMs),
      'maintenance.disarm': ({ groupId, forMs }) => ask(groupId, 'group.disarm', { forMs }),
      'maintenance.arm': ({ groupId }) => ask(groupId, 'group.arm', {}),
      // Agents of the version before don't know the wishes, so that each is said only when there is one.
      'maintenance.begin': ({ groupId, host, forMs, bringBack, how }) =>
        ask(groupId, 'maintenance.on', {
          host,
          forMs,
          ...(bringBack ? { bringBack } : {}),
          ...(how === 'shutdown' ? {} : { how }),
        }),
      'maintenance.end': ({ groupId, host }) => ask(groupId, 'maintenance.off', { host }),
      'timing.choices': async ({ groupId }) => timingChoices(this.#factsOf(this.#host.group(groupId))),
      'timing.choose': ({ groupId, profile }) => ask(groupId, 'group.profile', { profile }),
    } satisfies Partial<DailyHandlers>;
  }

  #alertHandlers() {
    const found = (groupId: string) => {
      const group = this.#host.group(groupId);
      const hosts = group.source.hosts.map(({ name }) => name);
      const ask: AskHost = (host, method, params, deadlineMs) => group.call(host, method, params, deadlineMs);
      return { hosts, ask };
    };
    return {
      'alerts.show': async ({ groupId }) => {
        const { hosts, ask } = found(groupId);
        return showAlerts(hosts, ask);
      },
      'alerts.save': async ({ groupId, settings: draft }) => {
        const { hosts, ask } = found(groupId);
        return saveAlerts(hosts, ask, draft);
      },
      'alerts.test': async ({ groupId, channel }) => {
        const { hosts, ask } = found(groupId);
        return testAlerts(hosts, ask, channel);
      },
    } satisfies Partial<DailyHandlers>;
  }

  #appHandlers() {
    return {
      'incidents.export': async ({ format, ...filter }) => {
        const chosen = filtered(this.#stories, filter);
        const text = format === 'csv' ? storiesCsv(chosen) : storiesJson(chosen);
        return saveDownload(`understudy-events-${today()}.${format}`, text);
      },
      'away.dismiss': async () => {
        this.#away.dismiss();
        this.#publishStories();
        return null;
      },
      'settings.change': async (change) => {
        await changeSettings(this.#host, change);
        this.#publishSettings();
        return null;
      },
      'updates.rollOut': async ({ groupId }) => {
        this.#updates.rollOut(this.#host.group(groupId));
        return null;
      },
      'updates.stop': async ({ groupId }) => {
        this.#updates.stop(this.#host.group(groupId));
        return null;
      },
      'diagnostics.preview': ({ groupId }) => this.#diagnostics.preview(this.#parts(groupId)),
      'diagnostics.save': async ({ id }) => this.#diagnostics.save(id, today()),
      'about.read': async () => about(this.#host.appVersion, this.#updates.carried),
    } satisfies Partial<DailyHandlers>;
  }
}

/** What is asked of whichever host can decide it. */
type PauseAsk =
  | readonly [string, 'group.disarm', { forMs: number | null }]
  | readonly [string, 'group.arm', Record<string, never>]
  | readonly [
      string,
      'maintenance.on',
      { host: string; forMs: number | null; bringBack?: boolean; how?: SwitchoverHow },
    ]
  | readonly [string, 'maintenance.off', { host: string }]
  | readonly [string, 'group.profile', { profile: 'swift' | 'steady' | 'patient' }];
