import { arch, platform, release, totalmem } from 'node:os';
import type { IncidentStory } from '../../ipc/daily/views.ts';
import type { OpenGroup } from '../openGroup.ts';
import type { PreferencesFile } from '../preferencesFile.ts';
import type { Part } from './diagnostics.ts';

/** Events asked of each host: a page of its journal. */
const EVENTS_EACH = 500;

export interface PartSources {
  readonly appVersion: string;
  readonly agentVersion: string;
  readonly preferences: PreferencesFile;
  readonly groups: readonly OpenGroup[];
  readonly stories: readonly IncidentStory[];
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
/** Only what every file system and archive takes. */
const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(0, 60);

/** What a report for support holds: the app, what it sees, and what each host tells of itself. Never a secret store. */
export function diagnosticParts({
  appVersion,
  agentVersion,
  preferences,
  groups,
  stories,
}: PartSources): Part[] {
  const app = async (): Promise<string> =>
    json({
      appVersion,
      agentVersion,
      runtime: process.versions,
      system: { platform: platform(), release: release(), arch: arch(), memoryBytes: totalmem() },
      upForSeconds: Math.round(process.uptime()),
      preferences: preferences.chosen,
    });
  return [
    { name: 'app.json', read: app },
    { name: 'incidents.json', read: async () => json(stories) },
    ...groups.flatMap((group) => groupParts(group)),
  ];
}

function groupParts(group: OpenGroup): readonly Part[] {
  const prefix = plain(group.source.name);
  return [
    { name: `${prefix}-view.json`, read: async () => json(group.view()) },
    ...group.source.hosts.flatMap(({ name }) => [
      {
        name: `${prefix}-${plain(name)}-status.json`,
        read: async () => json(await group.call(name, 'status', {})),
      },
      {
        // What a console may see: of secrets only whether they are set.
        name: `${prefix}-${plain(name)}-notify.json`,
        read: async () => json(await group.call(name, 'notify.show', {})),
      },
      {
        name: `${prefix}-${plain(name)}-events.json`,
        read: async () => json((await group.call(name, 'events', { limit: EVENTS_EACH })).events),
      },
    ]),
  ];
}
