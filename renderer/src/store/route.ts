const pages = [
  'overview',
  'vms',
  'vm',
  'events',
  'checks',
  'maintenance',
  'settings',
  'diagnostics',
  'about',
  'welcome',
  'setup',
] as const;
export type Page = (typeof pages)[number];

export interface Route {
  readonly page: Page;
  readonly groupId: string | null;
  /** What the page shows in particular: a VM's id, an incident's, a step of the set-up. */
  readonly item?: string | null;
}

/** Stands for "no group" where an item follows, so that the item keeps its place. */
const NO_GROUP = '-';
/** Ids are far shorter; anything longer in an address is nothing of ours. */
const MAX_PART = 300;

const isPage = (text: string | undefined): text is Page => pages.some((page) => page === text);

function readPart(text: string | undefined): string | null {
  if (text === undefined || text === '' || text.length > MAX_PART) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The place in the app is the address's fragment, so that Back and reload work: `#/vm/GROUP/VM`. */
export function parseRoute(hash: string): Route {
  const [, page, group, item] = hash.split('/');
  if (!isPage(page)) return { page: 'overview', groupId: null, item: null };
  return { page, groupId: group === NO_GROUP ? null : readPart(group), item: readPart(item) };
}

/** The opposite of `parseRoute`. */
export function routeHash({ page, groupId, item }: Route): string {
  const group = groupId ?? (item ? NO_GROUP : null);
  return ['#', page, group, item ?? null]
    .filter((part) => part !== null)
    .map((part, index) => (index < 2 ? part : encodeURIComponent(part)))
    .join('/');
}
