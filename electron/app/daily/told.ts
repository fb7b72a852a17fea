import type { IncidentStory } from '../../ipc/daily/views.ts';

/** What a story says besides when, who and which lines. */
export type Told = Pick<
  IncidentStory,
  'kind' | 'word' | 'title' | 'cause' | 'decision' | 'outcome' | 'needs' | 'vms'
> & { readonly isOver: boolean };
