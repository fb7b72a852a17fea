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
  /** What the page shows in particular: a VM's id, an incident's, a part of the settings. */
  readonly item?: string | null;
}

const isPage = (text: string | undefined): text is Page => pages.some((page) => page === text);
/** Ids and names of parts; anything else in an address is nothing of ours. */
const isWord = (text: string | undefined): text is string =>
  text !== undefined && /^[0-9A-Za-z.-]{1,80}$/.test(text);

/** The place in the app is the address's fragment, so that Back and reload work: `#/vm/GROUP/VM`. */
export function parseRoute(hash: string): Route {
  const [, page, groupId, item] = hash.split('/');
  if (!isPage(page)) return { page: 'overview', groupId: null, item: null };
  return {
    page,
    groupId: isWord(groupId) && groupId !== '-' ? groupId : null,
    item: isWord(item) ? item : null,
  };
}

/** Without a group the middle part is a dash, so that an item keeps its place. */
export function routeHash({ page, groupId, item }: Route): string {
  const of = groupId ?? (item ? '-' : null);
  return `#/${page}${of === null ? '' : `/${of}`}${item ? `/${item}` : ''}`;
}
