// Leads to a record at the app that has it, in a window of its own. An address comes from the app's own
// answer; the Worker looks at each, and so does this, since what waits may have been written before it did.

import type { ComponentChildren } from 'preact';

import { t } from '../texts';
import { Icon } from './icon';

/** Where the apps that are linked to show their records and accounts. */
const OWN = /^(linear\.app|app(-[a-z0-9]+)?\.hubspot\.com|[a-z0-9-]+(\.enterprise)?\.slack\.com|[a-z0-9-]+\.zendesk\.com)$/;

/** The words, and a link where there is an address that is the app's own. */
export function AppLink({ href, children }: { href: string | undefined; children: ComponentChildren }) {
  if (href === undefined || !isOwn(href)) return <>{children}</>;
  return (
    <a class="app-link" href={href} target="_blank" rel="noopener noreferrer">
      {children}
      <Icon name="away" />
      <span class="unseen"> {t().states.newTab}</span>
    </a>
  );
}

function isOwn(href: string): boolean {
  const { protocol, host } = URL.canParse(href) ? new URL(href) : { protocol: '', host: '' };
  return protocol === 'https:' && OWN.test(host);
}
