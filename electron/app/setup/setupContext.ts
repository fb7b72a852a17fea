import type { HostFacts } from '../../backend/facts/facts.ts';
import type { HostAccess } from './hostAccess.ts';
import type { CheckDesk } from './checkDesk.ts';
import type { PromptDesk } from './promptDesk.ts';
import type { SecretKeeper } from './secretKeeper.ts';
import type { SetupState } from './setupState.ts';
import type { WorkBook } from './workBook.ts';

/** What the flows of setting up share. */
export interface SetupContext {
  readonly inventoryPath: string;
  /** Folder with one agent bundle an architecture. */
  readonly agentFolder: string;
  readonly desk: PromptDesk;
  readonly secrets: SecretKeeper;
  readonly access: HostAccess;
  readonly work: WorkBook;
  readonly checks: CheckDesk;
  readonly now: () => Date;
  /** The set-up that is open. Throws a FailureError when there is none. */
  readonly current: () => SetupState;
  /** Saves a set-up, which may have been left meanwhile, and shows everything anew. */
  readonly save: (state: SetupState) => void;
  /** Shows everything anew; nothing was changed that must survive the app. */
  readonly changed: () => void;
  /** The present key of a host was confirmed anew. */
  readonly keyConfirmed: (host: string) => void;
  readonly noteFacts: (facts: HostFacts) => void;
  /** A group was made or found: the app begins to watch it. */
  readonly openGroup: (groupId: string) => void;
  /** A group's hosts changed, or it is no more: the app stops watching it. */
  readonly closeGroup: (groupId: string) => void;
}
