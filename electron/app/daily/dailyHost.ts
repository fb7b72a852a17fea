import type { HostSession } from '../../backend/ssh/session.ts';
import type { EventView } from '../../ipc/views.ts';
import type { DesktopHooks } from '../desktop/hooks.ts';
import type { FeedHub } from '../feedHub.ts';
import type { OpenGroup } from '../openGroup.ts';
import type { PreferencesFile } from '../preferencesFile.ts';
import type { RunBook } from '../runBook.ts';

/** What the app lends to the parts that serve its pages of every day. */
export interface DailyHost {
  readonly feeds: FeedHub;
  readonly runs: RunBook;
  readonly preferences: PreferencesFile;
  readonly inventoryPath: string;
  /** Folder with preferences and the like. */
  readonly configFolder: string;
  readonly appVersion: string;
  /** Folder with one agent bundle an architecture. */
  readonly agentFolder: string;
  readonly desktop: DesktopHooks | null;
  /** An open group. Throws a FailureError. */
  group(groupId: string): OpenGroup;
  groups(): readonly OpenGroup[];
  /** Does something as root on a known host; a person may be asked for secrets. */
  onHost<Result>(host: string, work: (session: HostSession) => Promise<Result>): Promise<Result>;
  events(): readonly EventView[];
  /** Something changed that no report tells of. */
  changed(): void;
  onFault(fault: unknown): void;
}
