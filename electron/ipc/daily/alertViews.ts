import type { Failure } from '../../../agent/protocol/failure.ts';
import type { ChannelTest, NotifyStatus, NotifyView } from '../../../agent/protocol/notify.ts';

/** How one host tells people when no app is open. */
export interface HostAlerts {
  readonly host: string;
  readonly status: NotifyStatus | null;
  /** Why it could not be asked, or did not take the settings; null: it did. */
  readonly failure: Failure | null;
}

export interface GroupAlerts {
  readonly hosts: readonly HostAlerts[];
  /** What a form begins with: of a host that has any. Never a secret. */
  readonly settings: NotifyView | null;
  /** What is not the same on all hosts, in a sentence; null: nothing. */
  readonly skew: string | null;
}

export interface HostTest {
  readonly host: string;
  readonly results: readonly ChannelTest[];
  /** Why the host could not be asked at all. */
  readonly failure: Failure | null;
}
