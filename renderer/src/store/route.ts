export type Page = 'overview' | 'events' | 'welcome';
export interface Route {
  readonly page: Page;
  readonly groupId: string | null;
}

const isPage = (text: string | undefined): text is Page =>
  text === 'overview' || text === 'events' || text === 'welcome';

/** The place in the app is the address's fragment, so that Back and reload work: `#/overview/GROUP`. */
export function readRoute(): Route {
  const [, page, groupId] = location.hash.split('/');
  return isPage(page) ? { page, groupId: groupId ?? null } : { page: 'overview', groupId: null };
}

export const routeHash = ({ page, groupId }: Route): string =>
  `#/${page}${groupId === null ? '' : `/${groupId}`}`;
